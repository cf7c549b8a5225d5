import type { KubeObject, Reflector } from '@kaito-ts/kube-runtime';
import type { Infrastructure } from '../provisioner/infrastructure.ts';
import type { NodeClaim, NodePool } from '../provisioner/karpenter-objects.ts';
import type { OwnWrites } from './own-writes.ts';
import type { ProvisionerWatches } from './provisioner-watches.ts';
import { labels } from '@kaito-ts/api-types';
import { ownersOf } from './bought.ts';

/** What the provider has for one Workspace, with our own writes that the watches have yet to bring. */
export function observeInfrastructure(
  key: string,
  { nodeClaims, nodePools, nodeClasses, losses, unavailable }: ProvisionerWatches,
  ownWrites: OwnWrites,
): Infrastructure {
  const claims = ownedBy<NodeClaim>(key, nodeClaims, ownWrites);
  const ownLabel = nodePools === undefined ? labels.workspace : labels.karpenterWorkspaceName;
  const isOwn = ({ metadata }: NodeClaim): boolean => metadata.labels?.[ownLabel] !== undefined;
  return {
    unavailable: unavailable(),
    nodePools: nodePools === undefined ? [] : ownedBy<NodePool>(key, nodePools, ownWrites),
    nodeClaims: claims.filter(isOwn),
    legacyClaims: nodePools === undefined ? [] : claims.filter((claim) => !isOwn(claim)),
    nodePoolNamed: (name) => ownWrites.newest('NodePool', name, nodePools?.store.get(name)),
    nodeClaimNamed: (name) => ownWrites.newest('NodeClaim', name, nodeClaims.store.get(name)),
    nodeClassNamed: (name) => nodeClasses?.store.get(name),
    losses: losses.of(key),
  };
}

function ownedBy<T extends KubeObject>(
  key: string,
  reflector: Reflector<T, 'workspace'>,
  ownWrites: OwnWrites,
): readonly T[] {
  const kind = reflector.kind.kind;
  const cached = reflector.store.byIndex('workspace', key);
  const newest = cached.map((object) => ownWrites.newest(kind, object.metadata.name, object) ?? object);
  const known = new Set(cached.map(({ metadata }) => metadata.name));
  // Notes are kept by kind: what was noted as one is one.
  const noted: readonly unknown[] = ownWrites.unseen(kind);
  const unseen = (noted as readonly T[])
    .filter((object) => !known.has(object.metadata.name) && ownersOf(object).includes(key))
    .filter(({ metadata }) => reflector.store.get(metadata.name) === undefined);
  return [...newest, ...unseen]
    .map((object) => ownWrites.marked(object))
    .toSorted((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1));
}
