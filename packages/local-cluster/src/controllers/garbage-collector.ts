import { foregroundFinalizer, orphanFinalizer } from '../api/deletion.ts';
import type { KubeObject } from '../objects.ts';
import type { Actor } from './actor.ts';

/** Deletes what lost its last owner, and carries out foreground and orphan deletions. Keys are uids. */
export function collectGarbage(actor: Actor, uid: string): undefined {
  const { store } = actor.objects;
  const found = store.byUid(uid);
  if (!found) return;
  const { resource, object } = found;
  const owners = object.metadata.ownerReferences ?? [];
  if (owners.length > 0 && !object.metadata.deletionTimestamp) {
    const living = owners.filter((owner) => isAlive(actor, object, owner));
    if (living.length === 0) {
      actor.remove(resource, object, { propagationPolicy: 'Background' });
      return;
    }
  }
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  if (deletionTimestamp === undefined) return;
  if (finalizers.includes(orphanFinalizer)) {
    for (const { resource: of, object: dependent } of store.dependentsOf(uid))
      actor.update(of, dependent, {
        metadata: {
          ...dependent.metadata,
          ownerReferences: dependent.metadata.ownerReferences?.filter((owner) => owner.uid !== uid),
        },
      });
    release(actor, { resource, object }, orphanFinalizer);
    return;
  }
  if (!finalizers.includes(foregroundFinalizer)) return;
  const dependents = store.dependentsOf(uid);
  for (const { resource: of, object: dependent } of dependents)
    if (dependent.metadata.deletionTimestamp === undefined)
      actor.remove(of, dependent, { propagationPolicy: 'Foreground' });
  if (store.dependentsOf(uid).length === 0) release(actor, { resource, object }, foregroundFinalizer);
}

/** An owner counts while it exists with its uid, and where the dependent can see it. */
function isAlive(actor: Actor, dependent: KubeObject, owner: { uid: string }): boolean {
  const found = actor.objects.store.byUid(owner.uid);
  if (!found) return false;
  const { namespace } = found.object.metadata;
  return namespace === undefined || namespace === dependent.metadata.namespace;
}

function release(
  actor: Actor,
  { resource, object }: { resource: string; object: KubeObject },
  finalizer: string,
): void {
  const finalizers = object.metadata.finalizers?.filter((name) => name !== finalizer) ?? [];
  actor.update(resource, object, { metadata: { ...object.metadata, finalizers } });
}
