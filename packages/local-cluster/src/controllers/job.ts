import type { Actor } from './actor.ts';
import { createPod, isActive, isReady, withCondition } from './pods.ts';
import type { Job, Pod } from './shapes.ts';

const jobs = 'jobs.batch';
const firstRetryMilliseconds = 10_000;
const longestRetryMilliseconds = 360_000;

/** Runs one pod after the other until one has succeeded or too many have failed. */
export function reconcileJob(actor: Actor, key: string): number | undefined {
  const job = actor.get<Job>(jobs, key);
  const isOver = job?.status.conditions?.some(({ status }) => status === 'True');
  if (!job || isOver || job.metadata.deletionTimestamp) return undefined;
  const pods = actor.controlled<Pod>(job, 'pods');
  const active = pods.filter(isActive);
  const succeeded = pods.filter(({ status }) => status.phase === 'Succeeded').length;
  const failed = pods.filter(({ status }) => status.phase === 'Failed');
  const counts = {
    startTime: job.status.startTime ?? actor.time,
    ready: active.filter(isReady).length,
    succeeded,
    failed: failed.length,
  };
  const end = (type: string, reason: string, message: string): undefined => {
    const condition = { type, status: 'True', reason, message, lastProbeTime: actor.time };
    const conditions = withCondition(job.status.conditions, condition, actor.time);
    const completed = type === 'Complete' ? { completionTime: actor.time } : {};
    actor.status(jobs, job, { ...counts, conditions, ...completed });
    actor.event(job, type === 'Complete' ? 'Normal' : 'Warning', reason, message);
  };
  if (succeeded > 0)
    return end('Complete', 'CompletionsReached', 'Reached expected number of succeeded pods');
  if (failed.length > job.spec.backoffLimit)
    return end('Failed', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  const wait = active.length > 0 ? 0 : backOff(failed, actor.now);
  if (active.length === 0 && wait === 0) createPod(actor, job);
  actor.status(jobs, job, { ...job.status, ...counts, active: wait > 0 ? 0 : 1 });
  return wait > 0 ? wait : undefined;
}

/** The wait doubles with each failure; it counts from when the last pod was not ready any more. */
function backOff(failed: readonly Pod[], now: number): number {
  const ends = failed.map(({ status, metadata }) => {
    const ready = status.conditions?.find(({ type }) => type === 'Ready');
    return Date.parse(ready?.lastTransitionTime ?? metadata.creationTimestamp);
  });
  const pause = Math.min(longestRetryMilliseconds, firstRetryMilliseconds * 2 ** (failed.length - 1));
  return failed.length === 0 ? 0 : Math.max(0, Math.max(...ends) + pause - now);
}
