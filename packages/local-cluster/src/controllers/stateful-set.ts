import type { Actor } from './actor.ts';
import { createPod, isFinished, isReady, isTerminating, removePod, templateHash } from './pods.ts';
import type { Pod, StatefulSet } from './shapes.ts';

const revisionLabel = 'controller-revision-hash';

interface Step {
  readonly actor: Actor;
  readonly set: StatefulSet;
  readonly revision: string;
  readonly isOrdered: boolean;
}

/** Keeps pods name-0 … name-n: one after the other unless Parallel, updated from the last to the first. */
export function reconcileStatefulSet(actor: Actor, set: StatefulSet): void {
  if (set.metadata.deletionTimestamp) return;
  const revision = `${set.metadata.name}-${templateHash(set.spec.template)}`;
  const step: Step = { actor, set, revision, isOrdered: set.spec.podManagementPolicy !== 'Parallel' };
  const isSettled = fill(step) && shrink(step);
  if (isSettled && set.spec.updateStrategy.type === 'RollingUpdate') update(step);
  writeStatus(step);
}

function ordinalOf(pod: Pod): number {
  return Number(/-(\d+)$/.exec(pod.metadata.name)?.[1] ?? -1);
}

/** The set's pods, the highest ordinal first. */
function podsOf({ actor, set }: Step): Pod[] {
  return actor.controlled<Pod>(set, 'pods').sort((a, b) => ordinalOf(b) - ordinalOf(a));
}

function isHealthy(pod: Pod): boolean {
  return isReady(pod) && !isTerminating(pod);
}

function revisionOf(pod: Pod): string | undefined {
  return pod.metadata.labels?.[revisionLabel];
}

/** Creates what is missing; false while an ordered set must wait. */
function fill(step: Step): boolean {
  const { actor, set, revision, isOrdered } = step;
  const { serviceName: subdomain, template } = set.spec;
  for (let ordinal = 0; ordinal < set.spec.replicas; ordinal++) {
    const name = `${set.metadata.name}-${ordinal}`;
    const find = (): Pod | undefined => actor.get<Pod>('pods', set.metadata.namespace ?? '', name);
    const known = find();
    if (known && isFinished(known) && !isTerminating(known)) actor.remove(known);
    const labels = {
      ...template.metadata?.labels,
      'apps.kubernetes.io/pod-index': String(ordinal),
      'statefulset.kubernetes.io/pod-name': name,
      [revisionLabel]: revision,
    };
    const pod = find() ?? createPod(actor, set, { name, labels }, { hostname: name, subdomain });
    if (isOrdered && !isHealthy(pod)) return false;
  }
  return true;
}

/** Takes away pods beyond the range, the highest first; true when there are none. */
function shrink(step: Step): boolean {
  const extra = podsOf(step).filter((pod) => ordinalOf(pod) >= step.set.spec.replicas);
  for (const pod of extra) {
    if (!isTerminating(pod)) removePod(step.actor, step.set, pod);
    if (step.isOrdered) return false;
  }
  return extra.length === 0;
}

function update(step: Step): void {
  for (const pod of podsOf(step)) {
    if (revisionOf(pod) !== step.revision && !isTerminating(pod)) return removePod(step.actor, step.set, pod);
    if (!isHealthy(pod)) return;
  }
}

function writeStatus(step: Step): void {
  const { actor, set, revision } = step;
  const pods = podsOf(step).filter((pod) => !isFinished(pod));
  const updated = pods.filter((pod) => revisionOf(pod) === revision);
  const isDone =
    updated.length === set.spec.replicas && pods.length === updated.length && updated.every(isReady);
  const currentRevision = isDone ? revision : (set.status.currentRevision ?? revision);
  const readyReplicas = pods.filter(isHealthy).length;
  actor.status(set, {
    replicas: pods.length,
    readyReplicas,
    availableReplicas: readyReplicas,
    currentReplicas: pods.filter((pod) => revisionOf(pod) === currentRevision).length,
    updatedReplicas: updated.length,
    currentRevision,
    updateRevision: revision,
    observedGeneration: set.metadata.generation,
  });
}
