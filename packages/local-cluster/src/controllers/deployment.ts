import { fieldsAt } from '../json.ts';
import { ownerReference } from '../objects.ts';
import type { Actor } from './actor.ts';
import { isFinished, templateHash, withCondition } from './pods.ts';
import type { Deployment, Pod, ReplicaSet } from './shapes.ts';

const sets = 'replicasets.apps';
const hashLabel = 'pod-template-hash';

/** Brings a Deployment's ReplicaSets to its template, in the way its strategy allows. */
export function reconcileDeployment(actor: Actor, key: string): undefined {
  const deployment = actor.get<Deployment>('deployments.apps', key);
  if (!deployment || deployment.metadata.deletionTimestamp) return;
  const hash = templateHash(deployment.spec.template);
  const all = actor.controlled<ReplicaSet>(deployment, sets).filter((set) => !set.metadata.deletionTimestamp);
  const old = all.filter((set) => set.metadata.labels?.[hashLabel] !== hash);
  const current = all.find((set) => !old.includes(set)) ?? createSet(actor, deployment, hash);
  const rollout: Rollout = { actor, deployment, current, old };
  if (deployment.spec.strategy.type === 'Recreate') recreate(rollout);
  else roll(rollout);
  forgetHistory(rollout);
  writeStatus(actor, deployment, hash);
}

interface Rollout {
  readonly actor: Actor;
  readonly deployment: Deployment;
  readonly current: ReplicaSet;
  readonly old: readonly ReplicaSet[];
}

function createSet(actor: Actor, { apiVersion, kind, metadata, spec }: Deployment, hash: string): ReplicaSet {
  const labels = { ...spec.template.metadata?.labels, [hashLabel]: hash };
  const matchLabels = { ...fieldsAt(spec.selector, 'matchLabels'), [hashLabel]: hash };
  return actor.create<ReplicaSet>(sets, metadata.namespace ?? '', {
    metadata: {
      name: `${metadata.name}-${hash}`,
      labels,
      ownerReferences: [ownerReference({ apiVersion, kind, metadata })],
    },
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
  const isHeld = old.some((set) => actor.controlled<Pod>(set, 'pods').some((pod) => !isFinished(pod)));
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
  actor.update(sets, set, { spec: { ...set.spec, replicas } });
  const word = replicas > before ? 'up' : 'down';
  const message = `Scaled ${word} replica set ${set.metadata.name} from ${before} to ${replicas}`;
  actor.event(deployment, 'Normal', 'ScalingReplicaSet', message);
}

function forgetHistory({ actor, deployment, old }: Rollout): void {
  const idle = old.filter((set) => set.spec.replicas === 0 && set.status.replicas === 0);
  const surplus = Math.max(0, idle.length - deployment.spec.revisionHistoryLimit);
  for (const set of idle.slice(0, surplus)) actor.remove(sets, set);
}

function writeStatus(actor: Actor, deployment: Deployment, hash: string): void {
  const { spec, status, metadata } = deployment;
  const all = actor.controlled<ReplicaSet>(deployment, sets);
  const isCurrent = (set: ReplicaSet): boolean => set.metadata.labels?.[hashLabel] === hash;
  const replicas = sum(all, (set) => set.status.replicas);
  const availableReplicas = sum(all, (set) => set.status.availableReplicas ?? 0);
  const counts = {
    replicas,
    availableReplicas,
    readyReplicas: sum(all, (set) => set.status.readyReplicas ?? 0),
    updatedReplicas: sum(all.filter(isCurrent), (set) => set.status.replicas),
    unavailableReplicas: Math.max(0, Math.max(replicas, spec.replicas) - availableReplicas),
  };
  const spared = spec.strategy.type === 'Recreate' ? 0 : limits(deployment).maxUnavailable;
  const isAvailable = availableReplicas >= spec.replicas - spared;
  const condition = {
    type: 'Available',
    status: isAvailable ? 'True' : 'False',
    reason: isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: `Deployment ${isAvailable ? 'has' : 'does not have'} minimum availability.`,
  };
  actor.status('deployments.apps', deployment, {
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    observedGeneration: metadata.generation,
    conditions: withCondition(status.conditions, condition, actor.time),
  });
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
