import type { Deployment, Node, Pod, StatefulSet } from '@kaito-ts/kube-runtime';
import type { Cause } from './cause.ts';
import type { WarningsOf } from './finding.ts';
import { annotations, conditionReasons } from '@kaito-ts/api-types';
import { leavingMilliseconds } from './leaving.ts';
import { notReadyBecause } from './node-matching.ts';
import { firstPodCause } from './pod-causes.ts';
import { refusalOfPods } from './refusals.ts';

/** What the pods of a Workspace say about its revisions. */
export interface Readiness {
  readonly readyPods: number;
  /** Older revisions that have a ready pod. */
  readonly servingRevisions: readonly string[];
  /** Where pods of the Workspace run, sorted. */
  readonly nodes: readonly string[];
  /** Undefined when the current revision is fully ready. */
  readonly cause: Cause | undefined;
  /** When to look again, where no object will change. */
  readonly recheckMilliseconds?: number;
}

export interface ReadinessInput {
  /** `Deployment/name` or `StatefulSet/name`. */
  readonly workloadObject: string;
  readonly workload: Deployment | StatefulSet | undefined;
  readonly pods: readonly Pod[];
  /** Undefined for a workload that is left as upstream made it: every pod of it counts. */
  readonly revision: string | undefined;
  readonly wantedPods: number;
  readonly now: string;
  /** All nodes of the cluster. */
  readonly nodes?: readonly Node[];
  readonly warningsOf?: WarningsOf;
}

/**
 * Ready means that enough pods of the current revision are ready, and that no older one still takes requests, as one that
 * was just told to end does for a moment. A ready launcher has answered a request itself.
 */
export function judgeReadiness(input: ReadinessInput): Readiness {
  const alive = input.pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const current = alive.filter(
    (pod) => input.revision === undefined || revisionOfPod(pod) === input.revision,
  );
  const older = alive.filter((pod) => !current.includes(pod));
  const readyPods = current.filter(isReady).length;
  const servingRevisions = [
    ...new Set(older.filter(isReady).map((pod) => revisionOfPod(pod) ?? 'made by upstream')),
  ].sort();
  const nodes = [
    ...new Set(alive.flatMap(({ spec }) => (spec?.nodeName === undefined ? [] : [spec.nodeName]))),
  ].sort();
  const known = { readyPods, servingRevisions, nodes };
  if (readyPods >= input.wantedPods) return { ...known, ...handOver(input, servingRevisions) };
  const notReady = current.filter((pod) => !isReady(pod));
  const own =
    onLostNode(input, notReady) ??
    firstPodCause(notReady, input.warningsOf) ??
    silent(notReady) ??
    refusedPods(input) ??
    onItsWay(input, notReady);
  return { ...known, cause: servingRevisions.length > 0 ? rollingOut(input, servingRevisions, own) : own };
}

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}

export function revisionOfPod(pod: Pod): string | undefined {
  return pod.metadata.annotations?.[annotations.revision];
}

/** A new revision that cannot start is told as what keeps it from that; one that may is told as a rollout. */
function rollingOut(
  { workloadObject, revision }: ReadinessInput,
  serving: readonly string[],
  own: Cause,
): Cause {
  const stillServing = `revision ${serving.join(', ')} still serves`;
  if (own.severity === 'failed') return { ...own, cause: `${own.cause} (${stillServing})` };
  return {
    reason: conditionReasons.RolloutInProgress,
    object: workloadObject,
    cause: `${stillServing} while revision ${revision} is starting`,
    nextStep: 'wait',
    severity: 'pending',
  };
}

/** With a surge both revisions are behind the Service for a moment. */
function handOver(
  { workloadObject, revision, pods, now }: ReadinessInput,
  serving: readonly string[],
): Pick<Readiness, 'cause' | 'recheckMilliseconds'> {
  const told = (which: string): Cause => ({
    reason: conditionReasons.RolloutInProgress,
    object: workloadObject,
    cause: `${which} beside revision ${revision}, which is ready`,
    nextStep: 'wait',
    severity: 'pending',
  });
  if (serving.length > 0) return { cause: told(`revision ${serving.join(', ')} still serves`) };
  if (revision === undefined) return { cause: undefined };
  const older = pods.filter((pod) => isReady(pod) && revisionOfPod(pod) !== revision);
  const leaving = older.filter((pod) => leavingMilliseconds(pod, now) > 0);
  if (leaving.length === 0) return { cause: undefined };
  return {
    cause: told(`Pod/${leaving.map(({ metadata }) => metadata.name).join(', Pod/')} is ending`),
    recheckMilliseconds: Math.max(...leaving.map((pod) => leavingMilliseconds(pod, now))),
  };
}

/** The Deployment says so where there is no pod to say it. */
function refusedPods({ workload, workloadObject }: ReadinessInput): Cause | undefined {
  const conditions: readonly { type: string; status: string; message?: string | undefined }[] =
    workload?.status?.conditions ?? [];
  const failure = conditions.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  return failure === undefined ? undefined : refusalOfPods(failure.message, workloadObject);
}

/** A pod's own words are old when its node is away. */
function onLostNode({ nodes }: ReadinessInput, pods: readonly Pod[]): Cause | undefined {
  for (const { metadata, spec } of pods) {
    if (nodes === undefined || spec?.nodeName === undefined) continue;
    const node = nodes.find((candidate) => candidate.metadata.name === spec.nodeName);
    const because = node === undefined ? 'does not exist any more' : notReadyBecause(node);
    if (because === undefined) continue;
    return {
      reason: node === undefined ? conditionReasons.NodeGone : conditionReasons.NodeNotReady,
      object: `Node/${spec.nodeName}`,
      cause: `${because}, and Pod/${metadata.name} is on it`,
      nextStep: 'wait for another pod, or bring the node back',
      severity: 'pending',
    };
  }
  return undefined;
}

/** A pod that was ready and whose container has not ended since: only its runtime can be silent. */
function silent(pods: readonly Pod[]): Cause | undefined {
  for (const { metadata, status } of pods) {
    const lost = status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime;
    const container = status?.containerStatuses?.find(
      ({ ready, started, state }) =>
        !ready &&
        started === true &&
        state?.running?.startedAt !== undefined &&
        lost !== undefined &&
        Date.parse(lost) > Date.parse(state.running.startedAt),
    );
    if (container === undefined) continue;
    return {
      reason: conditionReasons.RuntimeHung,
      object: `Pod/${metadata.name}`,
      cause: `container ${container.name} runs, but it does not answer any more (since ${lost})`,
      nextStep: `wait: a runtime that stays silent is ended and started again; see kubectl logs ${metadata.name}`,
      severity: 'failed',
    };
  }
  return undefined;
}

/** Few words for many stages: a status write for each of them would tell nobody more. */
function onItsWay({ workloadObject }: ReadinessInput, [pod]: readonly Pod[]): Cause {
  const pending = {
    reason: conditionReasons.InferencePending,
    nextStep: 'wait',
    severity: 'pending',
  } as const;
  if (pod?.spec?.nodeName === undefined) {
    return { ...pending, object: workloadObject, cause: 'its pod has no node yet' };
  }
  return {
    ...pending,
    object: `Pod/${pod.metadata.name}`,
    cause: `is loading the model on Node/${pod.spec.nodeName}`,
    nextStep: `wait, or follow kubectl logs -f ${pod.metadata.name}`,
  };
}
