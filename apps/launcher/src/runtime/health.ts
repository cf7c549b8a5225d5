import { setTimeout as sleep } from 'node:timers/promises';
import { readText, type RuntimeClient } from '../http/runtime-client.ts';

export interface HealthCheck {
  readonly client: RuntimeClient;
  readonly path: string;
  readonly signal: AbortSignal;
}

const startIntervalMilliseconds = 300;
const watchIntervalMilliseconds = 5000;
const answerTimeoutMilliseconds = 10_000;
/** One slow answer on a busy machine says nothing. */
const failuresUntilUnhealthy = 3;

/** Resolves true with the runtime's first healthy answer, false when the signal aborts before. */
export async function waitUntilHealthy(check: HealthCheck): Promise<boolean> {
  while (!check.signal.aborted) {
    if (await isHealthy(check)) return true;
    await pause(startIntervalMilliseconds, check.signal);
  }
  return false;
}

/** Tells every change between healthy and unhealthy until the signal aborts. */
export async function watchHealth(check: HealthCheck, onChange: (healthy: boolean) => void): Promise<void> {
  let failures = 0;
  while (!check.signal.aborted) {
    await pause(watchIntervalMilliseconds, check.signal);
    const wasUnhealthy = failures >= failuresUntilUnhealthy;
    failures = (await isHealthy(check)) ? 0 : failures + 1;
    if (check.signal.aborted) return;
    if (wasUnhealthy && failures === 0) onChange(true);
    if (failures === failuresUntilUnhealthy) onChange(false);
  }
}

async function isHealthy({ client, path, signal }: HealthCheck): Promise<boolean> {
  try {
    const timeout = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMilliseconds)]);
    const answer = await client({ method: 'GET', path, signal: timeout });
    await readText(answer);
    return answer.statusCode === 200;
  } catch {
    return false;
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}
