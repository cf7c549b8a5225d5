import type { KubeObject, ResourceKind } from '@kaito-ts/kube-runtime';

/** The condition of any of these objects. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime?: string | undefined;
}

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

interface ClaimSpec {
  readonly requirements: readonly Requirement[];
  readonly taints?: readonly Taint[];
  readonly startupTaints?: readonly Taint[];
  readonly nodeClassRef: { readonly group: string; readonly kind: string; readonly name: string };
  readonly resources?: object;
}

/** As much of Karpenter's NodeClaim as is played here. */
export interface NodeClaim extends KubeObject {
  readonly spec: ClaimSpec;
  readonly status?: {
    readonly providerID?: string;
    readonly nodeName?: string;
    readonly conditions?: readonly Condition[];
  };
}

/** As much of Karpenter's NodePool as is played here: static capacity only. */
export interface NodePool extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    readonly template: {
      readonly metadata?: {
        readonly labels?: Readonly<Record<string, string>>;
        readonly annotations?: Readonly<Record<string, string>>;
      };
      readonly spec: ClaimSpec;
    };
  };
  readonly status?: { readonly nodes?: number; readonly conditions?: readonly Condition[] };
}

export interface NodeClass extends KubeObject {
  readonly spec?: object;
  readonly status?: { readonly conditions?: readonly Condition[] };
}

export const nodePools: ResourceKind<NodePool> = {
  group: 'karpenter.sh',
  version: 'v1',
  plural: 'nodepools',
  kind: 'NodePool',
  namespaced: false,
};

export const nodeClaims: ResourceKind<NodeClaim> = {
  group: 'karpenter.sh',
  version: 'v1',
  plural: 'nodeclaims',
  kind: 'NodeClaim',
  namespaced: false,
};

/** NodeClasses of the clouds that upstream knows, and the one of its own GPU provisioner. */
export const nodeClassKinds: readonly ResourceKind<NodeClass>[] = [
  {
    group: 'karpenter.azure.com',
    version: 'v1beta1',
    plural: 'aksnodeclasses',
    kind: 'AKSNodeClass',
    namespaced: false,
  },
  {
    group: 'karpenter.k8s.aws',
    version: 'v1',
    plural: 'ec2nodeclasses',
    kind: 'EC2NodeClass',
    namespaced: false,
  },
  {
    group: 'kaito.sh',
    version: 'v1alpha1',
    plural: 'kaitonodeclasses',
    kind: 'KaitoNodeClass',
    namespaced: false,
  },
];

export const poolLabel = 'karpenter.sh/nodepool';

interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** The Workspace that a claim's labels name, as the operator writes them for each provisioner. */
export function workspaceOf({ metadata: { labels = {} } }: NodeClaim): Place | undefined {
  const namespace = labels['kaito.sh/workspacenamespace'] ?? labels['karpenter.kaito.sh/workspace-namespace'];
  const name = labels['kaito.sh/workspace'] ?? labels['karpenter.kaito.sh/workspace-name'];
  return name === undefined || namespace === undefined ? undefined : { namespace, name };
}

export const terminationFinalizer = 'karpenter.sh/termination';
