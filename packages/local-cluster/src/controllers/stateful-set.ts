import { templateHash, type Actor } from './actor.ts';
import { isFinished, isReady, isTerminating, podFrom, tally, untilAvailable } from './pods.ts';
import type { Pod, StatefulSet } from './shapes.ts';

const sets = 'statefulsets.apps';
const revisionLabel = 'controller-revision-hash';

/** Keeps pods name-0 … name-n: one after the other unless Parallel, updated from the last to the first. */
export function reconcileStatefulSet(actor: Actor, key: string): number | undefined {
  const set = actor.get<StatefulSet>(sets, key);
  if (!set || set.metadata.deletionTimestamp) return undefined;
  const revision = `${set.metadata.name}-${templateHash(set.spec.template)}`;
  const step: Step = { actor, set, revision, isOrdered: set.spec.podManagementPolicy !== 'Parallel' };
  const isSettled = fill(step) && shrink(step);
  if (isSettled && set.spec.updateStrategy.type === 'RollingUpdate') update(step);
  return writeStatus(step);
}

interface Step {
  readonly actor: Actor;
  readonly set: StatefulSet;
  readonly revision: string;
  readonly isOrdered: boolean;
}

function ordinalOf(pod: Pod): number {
  return Number(/-(\d+)$/.exec(pod.metadata.name)?.[1] ?? -1);
}

function podsOf({ actor, set }: Step): Pod[] {
  return actor.controlled<Pod>(set, 'pods').sort((a, b) => ordinalOf(a) - ordinalOf(b));
}

function range({ spec }: StatefulSet): readonly [number, number] {
  const start = spec.ordinals?.start ?? 0;
  return [start, start + spec.replicas];
}

function isHealthy(step: Step, pod: Pod): boolean {
  return !isTerminating(pod) && untilAvailable(pod, step.set.spec.minReadySeconds ?? 0, step.actor.now) === 0;
}

/** Creates what is missing; false while an ordered set must wait. */
function fill(step: Step): boolean {
  const byOrdinal = new Map(podsOf(step).map((pod) => [ordinalOf(pod), pod]));
  const [start, end] = range(step.set);
  for (let ordinal = start; ordinal < end; ordinal++) {
    let pod = byOrdinal.get(ordinal);
    if (pod && isFinished(pod) && !isTerminating(pod)) {
      step.actor.remove('pods', pod);
      pod = undefined;
    }
    if (
      !pod &&
      !step.actor.get('pods', `${step.set.metadata.namespace}/${step.set.metadata.name}-${ordinal}`)
    )
      pod = createPod(step, ordinal);
    if (step.isOrdered && (!pod || !isHealthy(step, pod))) return false;
  }
  return true;
}

function createPod({ actor, set, revision }: Step, ordinal: number): Pod {
  const name = `${set.metadata.name}-${ordinal}`;
  const { metadata, spec } = podFrom(set.spec.template, set);
  const labels = {
    ...set.spec.template.metadata?.labels,
    'apps.kubernetes.io/pod-index': String(ordinal),
    [revisionLabel]: revision,
    'statefulset.kubernetes.io/pod-name': name,
  };
  const subdomain = set.spec.serviceName ? { subdomain: set.spec.serviceName } : {};
  const pod = {
    metadata: { ...metadata, name, labels, generateName: `${set.metadata.name}-` },
    spec: { ...spec, hostname: name, ...subdomain },
  };
  const created = actor.create<Pod>('pods', set.metadata.namespace ?? '', pod);
  actor.event(
    set,
    'Normal',
    'SuccessfulCreate',
    `create Pod ${name} in StatefulSet ${set.metadata.name} successful`,
  );
  return created;
}

function removePod({ actor, set }: Step, pod: Pod): void {
  actor.remove('pods', pod);
  const { name } = pod.metadata;
  actor.event(
    set,
    'Normal',
    'SuccessfulDelete',
    `delete Pod ${name} in StatefulSet ${set.metadata.name} successful`,
  );
}

/** Takes away pods beyond the range, the highest first; true when there are none. */
function shrink(step: Step): boolean {
  const [start, end] = range(step.set);
  const extra = podsOf(step)
    .filter((pod) => ordinalOf(pod) < start || ordinalOf(pod) >= end)
    .toReversed();
  for (const pod of extra) {
    if (!isTerminating(pod)) removePod(step, pod);
    if (step.isOrdered) return false;
  }
  return extra.length === 0;
}

function update(step: Step): void {
  for (const pod of podsOf(step).toReversed()) {
    if (pod.metadata.labels?.[revisionLabel] !== step.revision && !isTerminating(pod))
      return removePod(step, pod);
    if (!isHealthy(step, pod)) return;
  }
}

function writeStatus(step: Step): number | undefined {
  const { actor, set, revision } = step;
  const pods = podsOf(step).filter((pod) => !isFinished(pod));
  const { ready, available, nextChange } = tally(
    pods.filter((pod) => !isTerminating(pod)),
    set.spec.minReadySeconds ?? 0,
    actor.now,
  );
  const updated = pods.filter((pod) => pod.metadata.labels?.[revisionLabel] === revision);
  const isDone =
    updated.length === set.spec.replicas && pods.length === updated.length && updated.every(isReady);
  const currentRevision = isDone ? revision : (set.status.currentRevision ?? revision);
  const current = pods.filter((pod) => pod.metadata.labels?.[revisionLabel] === currentRevision);
  actor.status(sets, set, {
    replicas: pods.length,
    ...(ready > 0 ? { readyReplicas: ready } : {}),
    availableReplicas: available,
    ...(current.length > 0 ? { currentReplicas: current.length } : {}),
    ...(updated.length > 0 ? { updatedReplicas: updated.length } : {}),
    currentRevision,
    updateRevision: revision,
    collisionCount: 0,
    observedGeneration: set.metadata.generation,
  });
  return nextChange;
}
