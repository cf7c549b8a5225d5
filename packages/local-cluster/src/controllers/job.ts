import type { Actor } from './actor.ts';
import { isActive, isReady, podFrom, withCondition } from './pods.ts';
import type { Job, Pod } from './shapes.ts';

const jobs = 'jobs.batch';

/** Runs pods until enough have succeeded or too many have failed. */
export function reconcileJob(actor: Actor, key: string): number | undefined {
  const job = actor.get<Job>(jobs, key);
  if (!job || job.metadata.deletionTimestamp) return undefined;
  const ended = job.status.conditions?.find(
    ({ type, status }) => ['Complete', 'Failed'].includes(type) && status === 'True',
  );
  if (ended) return expire(actor, job, ended.lastTransitionTime);
  const pods = actor.controlled<Pod>(job, 'pods');
  const active = pods.filter(isActive);
  const succeeded = pods.filter(({ status }) => status.phase === 'Succeeded').length;
  const failed = pods.filter(({ status }) => status.phase === 'Failed');
  const { spec } = job;
  const startTime = job.status.startTime ?? actor.time;
  const deadline =
    spec.activeDeadlineSeconds === undefined
      ? undefined
      : Date.parse(startTime) + spec.activeDeadlineSeconds * 1000;
  const counts = { startTime, ready: active.filter(isReady).length, succeeded, failed: failed.length };
  if (succeeded >= spec.completions)
    return finish({ actor, job, counts }, 'Complete', [
      'CompletionsReached',
      'Reached expected number of succeeded pods',
    ]);
  if (failed.length > spec.backoffLimit)
    return fail({ actor, job, counts }, active, [
      'BackoffLimitExceeded',
      'Job has reached the specified backoff limit',
    ]);
  if (deadline !== undefined && actor.now >= deadline)
    return fail({ actor, job, counts }, active, [
      'DeadlineExceeded',
      'Job was active longer than specified deadline',
    ]);

  const wait = backOff(failed, actor.now);
  const wanted = spec.suspend ? 0 : Math.min(spec.parallelism, spec.completions - succeeded);
  let running = active.length;
  if (wait === 0)
    for (; running < wanted; running++) {
      const { metadata, spec: podSpec } = podFrom(spec.template, job);
      const pod = actor.create<Pod>('pods', job.metadata.namespace ?? '', {
        metadata: { ...metadata, generateName: `${job.metadata.name}-` },
        spec: podSpec,
      });
      actor.event(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
    }
  for (const pod of active.slice(wanted)) actor.remove('pods', pod);
  actor.status(jobs, job, { ...job.status, ...counts, active: Math.min(running, wanted) });
  const waits = [
    wait > 0 ? wait : undefined,
    deadline === undefined ? undefined : deadline - actor.now,
  ].filter((time) => time !== undefined);
  return waits.length > 0 ? Math.min(...waits) : undefined;
}

interface Outcome {
  readonly actor: Actor;
  readonly job: Job;
  readonly counts: Record<string, unknown>;
}

function finish(
  { actor, job, counts }: Outcome,
  type: string,
  [reason, message]: readonly [string, string],
): undefined {
  const condition = { type, status: 'True', reason, message, lastProbeTime: actor.time };
  const conditions = withCondition(job.status.conditions, condition, actor.time);
  const { active: _active, ...status } = job.status as Record<string, unknown>;
  actor.status(jobs, job, {
    ...status,
    ...counts,
    conditions,
    ...(type === 'Complete' ? { completionTime: actor.time } : {}),
  });
  actor.event(
    job,
    type === 'Complete' ? 'Normal' : 'Warning',
    type === 'Complete' ? 'Completed' : reason,
    message,
  );
}

function fail(outcome: Outcome, active: readonly Pod[], why: readonly [string, string]): undefined {
  for (const pod of active) outcome.actor.remove('pods', pod);
  return finish(outcome, 'Failed', why);
}

/** 10 s after the first failure, doubled with each, at most 6 minutes. */
function backOff(failed: readonly Pod[], now: number): number {
  if (failed.length === 0) return 0;
  const last = Math.max(
    ...failed.map((pod) =>
      Date.parse(
        pod.status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ??
          pod.metadata.creationTimestamp,
      ),
    ),
  );
  return Math.max(0, last + Math.min(360_000, 10_000 * 2 ** (failed.length - 1)) - now);
}

function expire(actor: Actor, job: Job, since: string | undefined): number | undefined {
  const seconds = job.spec.ttlSecondsAfterFinished;
  if (seconds === undefined) return undefined;
  const wait = Date.parse(since ?? actor.time) + seconds * 1000 - actor.now;
  if (wait > 0) return wait;
  actor.remove(jobs, job);
  return undefined;
}
