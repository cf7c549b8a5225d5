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

export interface HealthWatch extends HealthCheck {
  readonly onChange: (healthy: boolean) => void;
  /** Silence after which a runtime is given up. */
  readonly patienceMilliseconds: number;
  /** Between two questions. Default 5 s. */
  readonly intervalMilliseconds?: number;
  /** Milliseconds from any fixed point. */
  readonly monotonic: () => number;
}

/**
 * Tells every change between healthy and unhealthy until the signal aborts. Resolves true when the runtime has been
 * silent for longer than patience lasts.
 */
export async function watchHealth(watch: HealthWatch): Promise<boolean> {
  const { signal, onChange, monotonic, intervalMilliseconds = watchIntervalMilliseconds } = watch;
  let failures = 0;
  let heard = monotonic();
  while (!signal.aborted) {
    await pause(intervalMilliseconds, signal);
    const wasUnhealthy = failures >= failuresUntilUnhealthy;
    const healthy = await isHealthy(watch);
    if (signal.aborted) return false;
    failures = healthy ? 0 : failures + 1;
    if (healthy) heard = monotonic();
    if (wasUnhealthy && failures === 0) onChange(true);
    if (failures === failuresUntilUnhealthy) onChange(false);
    if (failures > failuresUntilUnhealthy && monotonic() - heard > watch.patienceMilliseconds) return true;
  }
  return false;
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
