import type { Actor } from './actor.ts';
import { createPod, isActive, isReady, withCondition } from './pods.ts';
import type { Job, Pod } from './shapes.ts';

/** At least this long from the start of a failed pod to the next try. */
const retryMilliseconds = 10_000;
const complete = {
  type: 'Complete',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
};
const failed = {
  type: 'Failed',
  reason: 'BackoffLimitExceeded',
  message: 'Job has reached the specified backoff limit',
};

/** Runs one pod after the other until one has succeeded or too many have failed. */
export function reconcileJob(actor: Actor, job: Job): void {
  const { startTime = actor.time, conditions: known = [] } = job.status;
  if (job.metadata.deletionTimestamp || known.some(({ status }) => status === 'True')) return;
  const pods = actor.controlled<Pod>(job, 'pods');
  const active = pods.filter(isActive);
  const successes = pods.filter(({ status }) => status.phase === 'Succeeded');
  const failures = pods.filter(({ status }) => status.phase === 'Failed');
  const isFailed = failures.length > job.spec.backoffLimit;
  const end = successes.length > 0 ? complete : isFailed ? failed : undefined;
  const lastTry = Math.max(0, ...failures.map(({ metadata }) => Date.parse(metadata.creationTimestamp)));
  if (!end && active.length === 0 && lastTry + retryMilliseconds <= actor.now)
    active.push(createPod(actor, job));
  const counts = { succeeded: successes.length, failed: failures.length, active: active.length };
  const status = { startTime, ...counts, ready: active.filter(isReady).length };
  if (!end) {
    actor.status(job, { ...job.status, ...status });
    return;
  }
  const conditions = withCondition(known, { ...end, status: 'True' }, actor.time);
  const completed = end === complete ? { completionTime: actor.time } : {};
  actor.status(job, { ...status, ...completed, active: 0, conditions });
  actor.event(job, end === complete ? 'Normal' : 'Warning', end.reason, end.message);
}
