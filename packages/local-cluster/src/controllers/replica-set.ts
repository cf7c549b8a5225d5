import type { Actor } from './actor.ts';
import { isActive, isReady, podFrom, tally } from './pods.ts';
import type { Pod, ReplicaSet } from './shapes.ts';

/** Keeps as many active pods as a ReplicaSet asks for. */
export function reconcileReplicaSet(actor: Actor, key: string): number | undefined {
  const set = actor.get<ReplicaSet>('replicasets.apps', key);
  if (!set || set.metadata.deletionTimestamp) return undefined;
  const pods = actor.controlled<Pod>(set, 'pods').filter(isActive);
  const missing = set.spec.replicas - pods.length;
  for (let index = 0; index < missing; index++) pods.push(createPod(actor, set));
  for (const pod of pods.sort(worthLess).splice(0, Math.max(0, -missing))) {
    actor.remove('pods', pod);
    actor.event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
  }
  const { ready, available, nextChange } = tally(pods, set.spec.minReadySeconds ?? 0, actor.now);
  actor.status('replicasets.apps', set, {
    replicas: pods.length,
    ...(pods.length > 0 ? { fullyLabeledReplicas: pods.length } : {}),
    ...(ready > 0 ? { readyReplicas: ready } : {}),
    ...(available > 0 ? { availableReplicas: available } : {}),
    observedGeneration: set.metadata.generation,
  });
  return nextChange;
}

function createPod(actor: Actor, set: ReplicaSet): Pod {
  const { metadata, spec } = podFrom(set.spec.template, set);
  const named = { ...metadata, generateName: `${set.metadata.name}-` };
  const pod = actor.create<Pod>('pods', set.metadata.namespace ?? '', { metadata: named, spec });
  actor.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
  return pod;
}

/** Which pod goes first: without a node, then not ready, then the youngest. */
function worthLess(a: Pod, b: Pod): number {
  return (
    worth(a) - worth(b) || Date.parse(b.metadata.creationTimestamp) - Date.parse(a.metadata.creationTimestamp)
  );
}

function worth(pod: Pod): number {
  return (pod.spec.nodeName ? 2 : 0) + (isReady(pod) ? 1 : 0);
}
