import { sleep, type Clock, type Random } from './clock.ts';
import { KubeApiError, KubeConnectionError, MalformedResponseError } from './errors.ts';

export interface RetryPolicy {
  /** Tries after the first one. */
  readonly retries: number;
  readonly firstDelayMilliseconds: number;
  /** A server that asks for a longer pause than this is not waited for; the error carries its wish. */
  readonly longestRetryAfterSeconds: number;
}

/** In all under two seconds unless the server asks for more: longer outages are the work queue's to bridge. */
export const defaultRetryPolicy: RetryPolicy = {
  retries: 4,
  firstDelayMilliseconds: 100,
  longestRetryAfterSeconds: 10,
};

export interface RetryContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly policy: RetryPolicy;
  /** Whether doing it twice is the same as doing it once. */
  readonly idempotent: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Repeats what is safe to repeat, with the pause that the server asks for or a jittered, doubling one. */
export async function withRetries<T>(context: RetryContext, attempt: () => Promise<T>): Promise<T> {
  const { clock, random, policy, signal } = context;
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (failures >= policy.retries || !isRepeatable(error, context)) throw error;
      const base = policy.firstDelayMilliseconds * 2 ** failures;
      const asked = error instanceof KubeApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
      const passed = await sleep(clock, asked + base * (0.5 + random() / 2), signal);
      if (!passed) throw signal?.reason ?? error;
    }
  }
}

function isRepeatable(error: unknown, { idempotent, policy }: RetryContext): boolean {
  if (error instanceof KubeApiError) {
    if ((error.retryAfterSeconds ?? 0) > policy.longestRetryAfterSeconds) return false;
    // 429 and a Retry-After say that nothing was done.
    if (error.code === 429 || (error.code >= 500 && error.retryAfterSeconds !== undefined)) return true;
    return idempotent && [500, 502, 503, 504].includes(error.code);
  }
  if (error instanceof KubeConnectionError) return idempotent || !error.maybeSent;
  return idempotent && error instanceof MalformedResponseError;
}
