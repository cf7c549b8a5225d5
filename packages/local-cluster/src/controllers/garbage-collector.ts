import type { KubeObject } from '../objects.ts';
import type { Actor } from './actor.ts';
import type { Pod } from './shapes.ts';

const eventKeptMilliseconds = 3_600_000;
/** A node that was deleted by mistake may come back under its name. */
const quarantineMilliseconds = 40_000;

/** Deletes what has owners and lost the last of them. */
export function collectOrphan(actor: Actor, object: KubeObject): void {
  const { ownerReferences = [], deletionTimestamp } = object.metadata;
  if (ownerReferences.length === 0 || deletionTimestamp) return;
  if (!ownerReferences.some((owner) => isAlive(actor, object, owner.uid))) actor.remove(object);
}

/** An owner counts while it exists with its uid, and where the dependent can see it. */
function isAlive(actor: Actor, dependent: KubeObject, uid: string): boolean {
  const owner = actor.objects.store.byUid(uid)?.object.metadata;
  return owner !== undefined && [undefined, dependent.metadata.namespace].includes(owner.namespace);
}

/** Deletes a pod whose node is gone; nobody is left to end it. */
export function collectPodWithoutNode(actor: Actor, pod: Pod): void {
  const { nodeName } = pod.spec;
  if (!nodeName || actor.get('nodes', '', nodeName)) return;
  const age = actor.now - Date.parse(pod.metadata.creationTimestamp);
  if (age > quarantineMilliseconds) actor.remove(pod, { gracePeriodSeconds: 0 });
}

/** Removes an event an hour after it was last seen. */
export function expireEvent(actor: Actor, event: KubeObject & { lastTimestamp?: string }): void {
  const seen = Date.parse(event.lastTimestamp ?? event.metadata.creationTimestamp);
  if (actor.now - seen > eventKeptMilliseconds) actor.remove(event);
}
