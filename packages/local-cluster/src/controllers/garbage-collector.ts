import type { KubeObject } from '../objects.ts';
import type { Actor } from './actor.ts';

/** Deletes what has owners and lost the last of them. Keys are uids. */
export function collectGarbage(actor: Actor, uid: string): undefined {
  const found = actor.objects.store.byUid(uid);
  const owners = found?.object.metadata.ownerReferences ?? [];
  if (!found || owners.length === 0 || found.object.metadata.deletionTimestamp) return;
  if (owners.some((owner) => isAlive(actor, found.object, owner.uid))) return;
  actor.remove(found.resource, found.object);
}

/** An owner counts while it exists with its uid, and where the dependent can see it. */
function isAlive(actor: Actor, dependent: KubeObject, uid: string): boolean {
  const owner = actor.objects.store.byUid(uid);
  const namespace = owner?.object.metadata.namespace;
  return owner !== undefined && (namespace === undefined || namespace === dependent.metadata.namespace);
}
