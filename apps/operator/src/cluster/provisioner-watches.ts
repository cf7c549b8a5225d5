import type { Cache, KubeClient, Logger, ResourceKind } from '@kaito-ts/kube-runtime';
import type { Unavailable } from '../provisioner/infrastructure.ts';
import type { NodeClaim, NodeClass, NodePool } from '../provisioner/karpenter-objects.ts';
import { Reflector } from '@kaito-ts/kube-runtime';
import { nodeClaimKind, nodePoolKind } from '../provisioner/karpenter-objects.ts';
import { ownersOf } from './bought.ts';
import { InstalledKinds } from './installed-kinds.ts';
import { LostClaims } from './lost-claims.ts';

/** What is watched only where nodes are bought. */
export interface ProvisionerWatches {
  readonly nodeClaims: Reflector<NodeClaim, 'workspace'>;
  readonly nodePools: Reflector<NodePool, 'workspace'> | undefined;
  readonly nodeClasses: Reflector<NodeClass> | undefined;
  readonly losses: LostClaims;
  readonly caches: readonly Cache[];
  /** Why what was bought is not known; undefined when it is. */
  readonly unavailable: () => Unavailable | undefined;
  /** Resolves when everything has been read. */
  readonly complete: Promise<unknown>;
}

export interface ProvisionerWatchOptions {
  readonly client: KubeClient;
  readonly logger: Logger;
  readonly mode: 'karpenter' | 'azure-gpu-provisioner';
  /** With karpenter. */
  readonly nodeClassKind: ResourceKind<NodeClass> | undefined;
  readonly claimTimeoutMilliseconds: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export function createProvisionerWatches(options: ProvisionerWatchOptions): ProvisionerWatches {
  const { client, logger, mode, nodeClassKind } = options;
  const common = { client, logger };
  const nodeClaims = new Reflector<NodeClaim, 'workspace'>({
    ...common,
    kind: nodeClaimKind,
    transform: slimClaim,
    indexes: { workspace: ownersOf },
  });
  const nodePools =
    mode === 'karpenter'
      ? new Reflector<NodePool, 'workspace'>({
          ...common,
          kind: nodePoolKind,
          indexes: { workspace: ownersOf },
        })
      : undefined;
  const nodeClasses = nodeClassKind && new Reflector<NodeClass>({ ...common, kind: nodeClassKind });
  const reflectors = [nodeClaims, nodePools, nodeClasses].filter((reflector) => reflector !== undefined);
  const installed = new InstalledKinds(
    client,
    reflectors.map(({ kind }) => kind),
    logger,
  );
  return {
    nodeClaims,
    nodePools,
    nodeClasses,
    losses: new LostClaims(options),
    caches: [installed, ...reflectors.map((reflector) => patient(reflector, installed))],
    complete: Promise.all(reflectors.map(({ synced }) => synced)),
    unavailable: () => {
      if (reflectors.every(({ hasSynced }) => hasSynced)) return undefined;
      const absent = !installed.hasSynced && installed.lastError !== undefined;
      return { absent, because: absent ? (installed.lastError ?? '') : 'NodeClaims are not read yet' };
    },
  };
}

/** Kinds that do not exist keep the operator from being ready, but not from telling Workspaces so. */
function patient(reflector: Cache, installed: InstalledKinds): Cache {
  return {
    name: reflector.name,
    run: (signal) => reflector.run(signal),
    synced: Promise.race([reflector.synced, installed.foundMissing]),
    get hasSynced() {
      return reflector.hasSynced;
    },
    get lastError() {
      return reflector.lastError;
    },
  };
}

function slimClaim({ metadata, spec, status }: NodeClaim): NodeClaim {
  const { name, uid, resourceVersion, creationTimestamp, deletionTimestamp, ownerReferences } = metadata;
  return {
    metadata: {
      name,
      uid,
      resourceVersion,
      creationTimestamp,
      deletionTimestamp,
      ownerReferences,
      labels: metadata.labels,
    },
    spec: { nodeClassRef: spec.nodeClassRef, requirements: spec.requirements },
    status: { nodeName: status?.nodeName || undefined, conditions: status?.conditions },
  };
}
