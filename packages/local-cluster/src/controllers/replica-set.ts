import type { Actor } from './actor.ts';
import { createPod, isActive, isReady, removePod } from './pods.ts';
import type { Pod, ReplicaSet } from './shapes.ts';

/** Keeps as many active pods as a ReplicaSet asks for. */
export function reconcileReplicaSet(actor: Actor, set: ReplicaSet): void {
  if (set.metadata.deletionTimestamp) return;
  const pods = actor.controlled<Pod>(set, 'pods').filter(isActive);
  const missing = set.spec.replicas - pods.length;
  for (let index = 0; index < missing; index++) pods.push(createPod(actor, set));
  for (const pod of pods.sort(worthLess).splice(0, Math.max(0, -missing))) removePod(actor, set, pod);
  const ready = pods.filter(isReady).length;
  actor.status(set, {
    replicas: pods.length,
    readyReplicas: ready,
    availableReplicas: ready,
    observedGeneration: set.metadata.generation,
  });
}

/** Which pod goes first: without a node, then not ready, then the youngest. */
function worthLess(a: Pod, b: Pod): number {
  const younger = Date.parse(b.metadata.creationTimestamp) - Date.parse(a.metadata.creationTimestamp);
  return worth(a) - worth(b) || younger;
}

function worth(pod: Pod): number {
  return (pod.spec.nodeName ? 2 : 0) + (isReady(pod) ? 1 : 0);
}
