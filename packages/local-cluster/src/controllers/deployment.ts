import { fieldsAt } from '../json.ts';
import { ownerReference } from '../objects.ts';
import type { Actor } from './actor.ts';
import { isFinished, templateHash, withCondition } from './pods.ts';
import type { Deployment, Pod, ReplicaSet } from './shapes.ts';

const sets = 'replicasets.apps';
const hashLabel = 'pod-template-hash';

interface Rollout {
  readonly actor: Actor;
  readonly deployment: Deployment;
  /** The set of the present template, and those of earlier ones that still have pods. */
  readonly current: ReplicaSet;
  readonly old: readonly ReplicaSet[];
}

/** Brings a Deployment's ReplicaSets to its template, in the way its strategy allows; keeps no history. */
export function reconcileDeployment(actor: Actor, deployment: Deployment): void {
  if (deployment.metadata.deletionTimestamp) return;
  const hash = templateHash(deployment.spec.template);
  const all = actor.controlled<ReplicaSet>(deployment, sets).filter((set) => !set.metadata.deletionTimestamp);
  const known = all.find((set) => set.metadata.labels?.[hashLabel] === hash);
  const old = all.filter((set) => set !== known);
  const rollout = { actor, deployment, current: known ?? createSet(actor, deployment, hash), old };
  if (deployment.spec.strategy.type === 'Recreate') recreate(rollout);
  else roll(rollout);
  for (const set of old) if (wanted(set) === 0 && podsOf(actor, set).length === 0) actor.remove(set);
  writeStatus(rollout);
}

function createSet(actor: Actor, deployment: Deployment, hash: string): ReplicaSet {
  const { metadata, spec } = deployment;
  const labels = { ...spec.template.metadata?.labels, [hashLabel]: hash };
  const matchLabels = { ...fieldsAt(spec.selector, 'matchLabels'), [hashLabel]: hash };
  const ownerReferences = [ownerReference(deployment)];
  return actor.create<ReplicaSet>(sets, metadata.namespace ?? '', {
    metadata: { name: `${metadata.name}-${hash}`, labels, ownerReferences },
    spec: {
      replicas: 0,
      selector: { ...spec.selector, matchLabels },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  });
}

function recreate(rollout: Rollout): void {
  const { actor, old, current, deployment } = rollout;
  for (const set of old) scaleTo(rollout, set, 0);
  const isHeld = old.some((set) => podsOf(actor, set).some((pod) => !isFinished(pod)));
  if (!isHeld) scaleTo(rollout, current, deployment.spec.replicas);
}

/** Adds new pods up to the surge, and takes old ones that are not available or can be spared. */
function roll(rollout: Rollout): void {
  const { deployment, current, old } = rollout;
  const { replicas } = deployment.spec;
  const { maxSurge, maxUnavailable } = limits(deployment);
  const room = replicas + maxSurge - sum([current, ...old], wanted);
  scaleTo(rollout, current, Math.min(replicas, wanted(current) + Math.max(0, room)));
  let spare = sum([current, ...old], available) - (replicas - maxUnavailable);
  for (const set of old) {
    const spared = Math.max(0, Math.min(available(set), spare));
    scaleTo(rollout, set, available(set) - spared);
    spare -= spared;
  }
}

/** Counts in pods; both zero would never move, so one may be unavailable then. */
function limits({ spec }: Deployment): { readonly maxSurge: number; readonly maxUnavailable: number } {
  const { maxSurge = '25%', maxUnavailable = '25%' } = spec.strategy.rollingUpdate ?? {};
  const count = (value: number | string, round: (value: number) => number): number =>
    typeof value === 'number' ? value : round((Number.parseFloat(value) / 100) * spec.replicas);
  const surge = count(maxSurge, Math.ceil);
  const unavailable = Math.min(count(maxUnavailable, Math.floor), spec.replicas);
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

function scaleTo({ actor, deployment }: Rollout, set: ReplicaSet, replicas: number): void {
  const before = set.spec.replicas;
  if (before === replicas) return;
  actor.update(set, { spec: { ...set.spec, replicas } });
  const word = replicas > before ? 'up' : 'down';
  const message = `Scaled ${word} replica set ${set.metadata.name} from ${before} to ${replicas}`;
  actor.event(deployment, 'Normal', 'ScalingReplicaSet', message);
}

function writeStatus({ actor, deployment, current, old }: Rollout): void {
  const { spec, status, metadata } = deployment;
  const replicas = sum([current, ...old], (set) => set.status.replicas);
  const availableReplicas = sum([current, ...old], available);
  const spared = spec.strategy.type === 'Recreate' ? 0 : limits(deployment).maxUnavailable;
  const isAvailable = availableReplicas >= spec.replicas - spared;
  const condition = {
    type: 'Available',
    status: isAvailable ? 'True' : 'False',
    reason: isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: `Deployment ${isAvailable ? 'has' : 'does not have'} minimum availability.`,
  };
  actor.status(deployment, {
    replicas,
    availableReplicas,
    readyReplicas: availableReplicas,
    updatedReplicas: current.status.replicas,
    unavailableReplicas: Math.max(replicas, spec.replicas) - availableReplicas,
    observedGeneration: metadata.generation,
    conditions: withCondition(status.conditions, condition, actor.time),
  });
}

function podsOf(actor: Actor, set: ReplicaSet): readonly Pod[] {
  return actor.controlled<Pod>(set, 'pods');
}

function sum(list: readonly ReplicaSet[], count: (set: ReplicaSet) => number): number {
  return list.reduce((total, set) => total + count(set), 0);
}

function wanted(set: ReplicaSet): number {
  return set.spec.replicas;
}

function available(set: ReplicaSet): number {
  return Math.min(set.spec.replicas, set.status.availableReplicas ?? 0);
}
