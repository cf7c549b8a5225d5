import type { Deployment, Pod, StatefulSet } from '@kaito-ts/kube-runtime';
import type { Cause } from './cause.ts';
import { annotations, conditionReasons } from '@kaito-ts/api-types';
import { firstPodCause } from './pod-causes.ts';

/** What the pods of a Workspace say about its revisions. */
export interface Readiness {
  readonly readyPods: number;
  /** Older revisions that have a ready pod. */
  readonly servingRevisions: readonly string[];
  /** Where pods of the Workspace run, sorted. */
  readonly nodes: readonly string[];
  /** Undefined when the current revision is fully ready. */
  readonly cause: Cause | undefined;
}

export interface ReadinessInput {
  /** `Deployment/name` or `StatefulSet/name`. */
  readonly workloadObject: string;
  readonly workload: Deployment | StatefulSet | undefined;
  readonly pods: readonly Pod[];
  /** Undefined for a workload that is left as upstream made it: every pod of it counts. */
  readonly revision: string | undefined;
  readonly wantedPods: number;
}

/**
 * Ready means that enough pods of the current revision are ready, and that no older one still takes requests. A ready
 * launcher has answered a request itself; a pod that is being deleted gets no new ones.
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
  if (readyPods >= input.wantedPods) {
    return {
      ...known,
      cause: servingRevisions.length > 0 ? handingOver(input, servingRevisions) : undefined,
    };
  }
  const notReady = current.filter((pod) => !isReady(pod));
  const own = firstPodCause(notReady) ?? refusedPods(input) ?? onItsWay(input, notReady);
  return { ...known, cause: servingRevisions.length > 0 ? rollingOut(input, servingRevisions, own) : own };
}

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}

export function revisionOfPod(pod: Pod): string | undefined {
  return pod.metadata.annotations?.[annotations.revision];
}

function rollingOut(
  { workloadObject, revision }: ReadinessInput,
  serving: readonly string[],
  own: Cause,
): Cause {
  const failed = own.severity === 'failed';
  const progress = failed ? `does not start: ${own.object}: ${own.cause}` : 'is starting';
  return {
    reason: conditionReasons.RolloutInProgress,
    object: workloadObject,
    cause: `revision ${serving.join(', ')} still serves while revision ${revision} ${progress}`,
    nextStep: failed ? own.nextStep : 'wait',
    severity: 'pending',
  };
}

/** With a surge both revisions are behind the Service for a moment. */
function handingOver({ workloadObject, revision }: ReadinessInput, serving: readonly string[]): Cause {
  return {
    reason: conditionReasons.RolloutInProgress,
    object: workloadObject,
    cause: `revision ${serving.join(', ')} still serves beside revision ${revision}, which is ready`,
    nextStep: 'wait',
    severity: 'pending',
  };
}

/** A quota or an admission plugin can refuse pods before there are any; the Deployment then says so. */
function refusedPods({ workload, workloadObject }: ReadinessInput): Cause | undefined {
  const conditions: readonly { type: string; status: string; message?: string | undefined }[] =
    workload?.status?.conditions ?? [];
  const failure = conditions.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  if (failure === undefined) return undefined;
  return {
    reason: 'PodsRefused',
    object: workloadObject,
    cause: failure.message ?? 'the API server refuses its pods',
    nextStep: 'mend what the message names (quota, Pod Security level, admission plugin)',
    severity: 'failed',
  };
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
