import type { Actor } from './actor.ts';
import { withCondition } from './pods.ts';
import type { Condition, Deployment, ReplicaSet } from './shapes.ts';

/** Writes a Deployment's status and says when to look again for the deadline. */
export function progress(
  actor: Actor,
  key: string,
  isCurrent: (set: ReplicaSet) => boolean,
): number | undefined {
  const deployment = actor.get<Deployment>('deployments.apps', key);
  if (!deployment) return undefined;
  const all = actor.controlled<ReplicaSet>(deployment, 'replicasets.apps');
  const current = all.find(isCurrent);
  const total = (field: 'replicas' | 'readyReplicas' | 'availableReplicas'): number =>
    all.reduce((sum, set) => sum + (set.status[field] ?? 0), 0);
  const counts = {
    replicas: total('replicas'),
    updatedReplicas: current?.status.replicas ?? 0,
    readyReplicas: total('readyReplicas'),
    availableReplicas: total('availableReplicas'),
  };
  const isObserved = all.every((set) => set.status.observedGeneration === set.metadata.generation);
  const next = progressing(actor, deployment, { ...counts, set: current, isObserved });
  const conditions = withAvailability(actor, deployment, counts.availableReplicas);
  const unavailableReplicas = Math.max(
    0,
    Math.max(counts.replicas, deployment.spec.replicas) - counts.availableReplicas,
  );
  const shown = Object.entries({ ...counts, unavailableReplicas }).filter(([, count]) => count > 0);
  actor.status('deployments.apps', deployment, {
    ...Object.fromEntries(shown),
    observedGeneration: deployment.metadata.generation,
    conditions: next ? withCondition(conditions, next, actor.time) : conditions,
  });
  if (next?.reason === 'NewReplicaSetAvailable' || next?.status === 'False') return undefined;
  return (
    Date.parse(next?.lastUpdateTime ?? actor.time) +
    deployment.spec.progressDeadlineSeconds * 1000 -
    actor.now +
    1000
  );
}

function withAvailability(actor: Actor, deployment: Deployment, available: number): Condition[] {
  const needed =
    deployment.spec.replicas -
    (deployment.spec.strategy.type === 'Recreate' ? 0 : limits(deployment).maxUnavailable);
  const isAvailable = available >= needed;
  const known = deployment.status.conditions?.find(({ type }) => type === 'Available');
  const status = isAvailable ? 'True' : 'False';
  const next: Condition = {
    type: 'Available',
    status,
    reason: isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: `Deployment ${isAvailable ? 'has' : 'does not have'} minimum availability.`,
    lastUpdateTime: known?.status === status ? (known.lastUpdateTime ?? actor.time) : actor.time,
  };
  return withCondition(deployment.status.conditions, next, actor.time);
}

interface Counts {
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly set: ReplicaSet | undefined;
  readonly isObserved: boolean;
}

function progressing(actor: Actor, { spec, status }: Deployment, counts: Counts): Condition | undefined {
  const known = status.conditions?.find(({ type }) => type === 'Progressing');
  const name = counts.set?.metadata.name ?? '';
  const say = (state: string, reason: string, message: string): Condition =>
    known?.reason === reason &&
    known.status === state &&
    known.message === message &&
    reason !== 'ReplicaSetUpdated'
      ? known
      : { type: 'Progressing', status: state, reason, message, lastUpdateTime: actor.time };
  if (!counts.set) return known;
  const { updatedReplicas, replicas, availableReplicas } = counts;
  const isComplete = [updatedReplicas, replicas, availableReplicas].every((count) => count === spec.replicas);
  if (isComplete && counts.isObserved)
    return say('True', 'NewReplicaSetAvailable', `ReplicaSet "${name}" has successfully progressed.`);
  const before = {
    updated: status.updatedReplicas ?? 0,
    ready: status.readyReplicas ?? 0,
    available: status.availableReplicas ?? 0,
  };
  const oldBefore = (status.replicas ?? 0) - before.updated;
  const hasMoved =
    updatedReplicas > before.updated ||
    replicas - updatedReplicas < oldBefore ||
    counts.readyReplicas > before.ready ||
    availableReplicas > before.available;
  const isRestart = known?.reason === 'NewReplicaSetAvailable' || !known?.message?.includes(`"${name}"`);
  if (hasMoved || isRestart) return say('True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`);
  const deadline = Date.parse(known?.lastUpdateTime ?? actor.time) + spec.progressDeadlineSeconds * 1000;
  if (actor.now < deadline) return known;
  return say('False', 'ProgressDeadlineExceeded', `ReplicaSet "${name}" has timed out progressing.`);
}

/** Counts in pods; both zero would never move, so one may be unavailable then. */
export function limits({ spec }: Deployment): { readonly maxSurge: number; readonly maxUnavailable: number } {
  const { maxSurge = '25%', maxUnavailable = '25%' } = spec.strategy.rollingUpdate ?? {};
  const count = (value: number | string, round: (value: number) => number): number =>
    typeof value === 'number' ? value : round((Number.parseFloat(value) / 100) * spec.replicas);
  const surge = count(maxSurge, Math.ceil);
  const unavailable = Math.min(count(maxUnavailable, Math.floor), spec.replicas);
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}
