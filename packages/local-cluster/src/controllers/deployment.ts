import { canonical, equal, isFields } from '../json.ts';
import { ownerReference } from '../objects.ts';
import { templateHash, type Actor } from './actor.ts';
import { limits, progress } from './deployment-status.ts';
import type { Deployment, Pod, PodTemplate, ReplicaSet } from './shapes.ts';
import { isFinished } from './pods.ts';

const sets = 'replicasets.apps';
const revisionKey = 'deployment.kubernetes.io/revision';
const hashLabel = 'pod-template-hash';

/** Brings a Deployment's ReplicaSets to its template, in the way its strategy allows. */
export function reconcileDeployment(actor: Actor, key: string): number | undefined {
  const deployment = actor.get<Deployment>('deployments.apps', key);
  if (!deployment || deployment.metadata.deletionTimestamp) return undefined;
  const all = actor.controlled<ReplicaSet>(deployment, sets).filter((set) => !set.metadata.deletionTimestamp);
  const current = all.find((set) => isFor(set, deployment.spec.template));
  const old = all.filter((set) => set !== current);
  const rollout: Rollout = { actor, deployment, current, old };
  if (deployment.spec.paused) {
    if (current) scaleTo(rollout, current, current.spec.replicas);
  } else if (deployment.spec.strategy.type === 'Recreate') recreate(rollout);
  else roll(rollout);
  forgetHistory(actor, deployment, old);
  return progress(actor, key, (set) => isFor(set, deployment.spec.template));
}

interface Rollout {
  readonly actor: Actor;
  readonly deployment: Deployment;
  readonly current: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
}

function isFor(set: ReplicaSet, template: PodTemplate): boolean {
  const { [hashLabel]: _hash, ...labels } = set.spec.template.metadata?.labels ?? {};
  const bare = { ...set.spec.template, metadata: { ...set.spec.template.metadata, labels } };
  return equal(
    JSON.parse(canonical(bare)),
    JSON.parse(
      canonical({ ...template, metadata: { ...template.metadata, labels: template.metadata?.labels ?? {} } }),
    ),
  );
}

function recreate(rollout: Rollout): void {
  const { actor, old, deployment } = rollout;
  for (const set of old) scaleTo(rollout, set, 0);
  const isHeld = old.some((set) => actor.controlled<Pod>(set, 'pods').some((pod) => !isFinished(pod)));
  if (!isHeld) scaleTo(rollout, currentSet(rollout), deployment.spec.replicas);
}

function roll(rollout: Rollout): void {
  const { deployment, old } = rollout;
  const { replicas } = deployment.spec;
  const { maxSurge, maxUnavailable } = limits(deployment);
  const current = currentSet(rollout);
  const room = replicas + maxSurge - sum([current, ...old], wanted);
  const grown = Math.min(replicas, wanted(current) + Math.max(0, room));
  scaleTo(rollout, current, wanted(current) > replicas ? replicas : grown);

  const target = Math.min(replicas, grown);
  const unavailableNew = target - available(current);
  let surplus = target + sum(old, wanted) - (replicas - maxUnavailable) - unavailableNew;
  for (const healthyToo of [false, true])
    for (const set of [...old].sort(byAge)) {
      const live =
        rollout.actor.get<ReplicaSet>(sets, `${set.metadata.namespace}/${set.metadata.name}`) ?? set;
      const removable = healthyToo ? wanted(live) : wanted(live) - available(live);
      const removed = Math.max(0, Math.min(removable, surplus));
      if (removed > 0) scaleTo(rollout, live, wanted(live) - removed);
      surplus -= removed;
    }
}

function currentSet({ actor, deployment, current, old }: Rollout): ReplicaSet {
  const latest = Math.max(0, ...old.map(revisionOf));
  if (current) {
    if (revisionOf(current) > latest) return withRevision(actor, deployment, current);
    return withRevision(actor, deployment, annotate(actor, current, { [revisionKey]: String(latest + 1) }));
  }
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = templateHash(template);
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  const { 'kubectl.kubernetes.io/last-applied-configuration': _applied, ...annotations } =
    deployment.metadata.annotations ?? {};
  const matchLabels = isFields(selector['matchLabels']) ? selector['matchLabels'] : {};
  const created = actor.create<ReplicaSet>(sets, deployment.metadata.namespace ?? '', {
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      labels,
      annotations: { ...annotations, ...sizeNotes(deployment), [revisionKey]: String(latest + 1) },
      ownerReferences: [ownerReference(deployment)],
    },
    spec: {
      replicas: 0,
      ...(minReadySeconds ? { minReadySeconds } : {}),
      selector: { ...selector, matchLabels: { ...matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  });
  return withRevision(actor, deployment, created);
}

function revisionOf(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.[revisionKey] ?? 0);
}

function withRevision(actor: Actor, deployment: Deployment, set: ReplicaSet): ReplicaSet {
  const revision = set.metadata.annotations?.[revisionKey] ?? '1';
  const live =
    actor.get<Deployment>(
      'deployments.apps',
      `${deployment.metadata.namespace}/${deployment.metadata.name}`,
    ) ?? deployment;
  if (live.metadata.annotations?.[revisionKey] !== revision)
    actor.update('deployments.apps', live, {
      metadata: { ...live.metadata, annotations: { ...live.metadata.annotations, [revisionKey]: revision } },
    });
  return set;
}

function annotate(actor: Actor, set: ReplicaSet, notes: Record<string, string>): ReplicaSet {
  return actor.update(sets, set, {
    metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, ...notes } },
  });
}

function sizeNotes(deployment: Deployment): Record<string, string> {
  const { replicas } = deployment.spec;
  const most =
    deployment.spec.strategy.type === 'Recreate' ? replicas : replicas + limits(deployment).maxSurge;
  return {
    'deployment.kubernetes.io/desired-replicas': String(replicas),
    'deployment.kubernetes.io/max-replicas': String(most),
  };
}

function scaleTo({ actor, deployment }: Rollout, set: ReplicaSet, replicas: number): void {
  const noted = annotate(actor, set, sizeNotes(deployment));
  if (noted.spec.replicas === replicas) return;
  actor.update(sets, noted, { spec: { ...noted.spec, replicas } });
  const word = replicas > noted.spec.replicas ? 'up' : 'down';
  const message = `Scaled ${word} replica set ${set.metadata.name} from ${noted.spec.replicas} to ${replicas}`;
  actor.event(deployment, 'Normal', 'ScalingReplicaSet', message);
}

function forgetHistory(actor: Actor, { spec }: Deployment, old: readonly ReplicaSet[]): void {
  const idle = old
    .filter((set) => set.spec.replicas === 0 && set.status.replicas === 0)
    .sort((a, b) => revisionOf(a) - revisionOf(b));
  for (const set of idle.slice(0, Math.max(0, idle.length - spec.revisionHistoryLimit)))
    actor.remove(sets, set);
}

function sum(list: readonly ReplicaSet[], count: (set: ReplicaSet) => number): number {
  return list.reduce((total, set) => total + count(set), 0);
}

function byAge(a: ReplicaSet, b: ReplicaSet): number {
  return revisionOf(a) - revisionOf(b);
}

function wanted(set: ReplicaSet): number {
  return set.spec.replicas;
}

function available(set: ReplicaSet): number {
  return Math.min(set.spec.replicas, set.status.availableReplicas ?? 0);
}
