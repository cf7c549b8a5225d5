import type { KubeObject, WorkQueue } from '@kaito-ts/kube-runtime';
import type { OwnWrites } from './own-writes.ts';
import type { ProvisionerWatches } from './provisioner-watches.ts';
import type { Watches } from './watches.ts';
import { ownersOf } from './bought.ts';

const gatheringMilliseconds = 25;

/** Says which Workspaces a change at the provider concerns. */
export function connectProvisioner(
  { nodeClaims, nodePools, nodeClasses, losses, complete }: ProvisionerWatches,
  { workspaces }: Watches,
  { ownWrites, queue }: { readonly ownWrites: OwnWrites; readonly queue: WorkQueue },
): void {
  const addOwners = (object: KubeObject): void => {
    for (const key of ownersOf(object)) queue.addAfter(key, gatheringMilliseconds);
  };
  const addAll = (): void => {
    for (const key of workspaces.store.keys()) queue.addAfter(key, gatheringMilliseconds);
  };
  nodeClaims.onChange((change) => {
    ownWrites.seen('NodeClaim', change.object);
    losses.take(change);
    addOwners(change.object);
  });
  nodePools?.onChange(({ type, object }) => {
    ownWrites.seen('NodePool', object);
    // Its name is free now, for whoever waits for it.
    if (type === 'deleted') addAll();
    else addOwners(object);
  });
  nodeClasses?.onChange(addAll);
  workspaces.onChange(({ type, object }) => {
    if (type === 'deleted') losses.forget(`${object.metadata.namespace}/${object.metadata.name}`);
  });
  void complete.then(addAll);
}
