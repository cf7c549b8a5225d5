import type { KubeObject, ResourceKind } from '@kaito-ts/kube-runtime';
import type { NodeRequirement } from '../plan/node-matching.ts';

/** The condition of a NodePool, NodeClaim or NodeClass. */
export interface ProvisionCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly lastTransitionTime?: string | undefined;
}

export interface NodeClassRef {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
}

interface NodeTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

interface ClaimSpec {
  readonly nodeClassRef: NodeClassRef;
  readonly requirements: readonly NodeRequirement[];
  readonly taints?: readonly NodeTaint[];
}

/** As much of Karpenter's NodeClaim as we write or read. */
export interface NodeClaim extends KubeObject {
  readonly spec: ClaimSpec & {
    readonly resources?: { readonly requests: Readonly<Record<string, string>> };
  };
  readonly status?: {
    readonly nodeName?: string | undefined;
    readonly conditions?: readonly ProvisionCondition[] | undefined;
  };
}

/** As much of Karpenter's NodePool as we write or read. */
export interface NodePool extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    readonly template: {
      readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
      readonly spec: ClaimSpec;
    };
    readonly disruption?: object;
  };
  readonly status?: { readonly conditions?: readonly ProvisionCondition[] | undefined };
}

export interface NodeClass extends KubeObject {
  readonly spec?: unknown;
  readonly status?: { readonly conditions?: readonly ProvisionCondition[] | undefined };
}

export const nodePoolKind: ResourceKind<NodePool> = {
  group: 'karpenter.sh',
  version: 'v1',
  plural: 'nodepools',
  kind: 'NodePool',
  namespaced: false,
};

export const nodeClaimKind: ResourceKind<NodeClaim> = {
  group: 'karpenter.sh',
  version: 'v1',
  plural: 'nodeclaims',
  kind: 'NodeClaim',
  namespaced: false,
};

/** What pods of ours tolerate and nodes of ours carry, so that nobody else's pods take the GPUs. */
export const gpuTaint: NodeTaint = { key: 'sku', value: 'gpu', effect: 'NoSchedule' };

export function conditionOf(
  object: {
    readonly status?: { readonly conditions?: readonly ProvisionCondition[] | undefined } | undefined;
  },
  type: string,
): ProvisionCondition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type);
}
