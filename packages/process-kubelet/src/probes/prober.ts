import { setTimeout as delay } from 'node:timers/promises';
import type { Probe } from '../pod/pod.ts';
import type { ProbeResult } from './check.ts';

export type ProbeKind = 'startup' | 'readiness' | 'liveness';

export interface ProberEvents {
  /** The verdict changed: after `successThreshold` or `failureThreshold` results in a row. */
  onVerdict(kind: ProbeKind, passed: boolean, message: string): void;
  onFailure(kind: ProbeKind, message: string): void;
}

const defaults = {
  initialDelaySeconds: 0,
  periodSeconds: 10,
  successThreshold: 1,
  failureThreshold: 3,
} as const;

/**
 * Repeats a probe until the signal aborts. Startup ends with its first verdict; liveness ends when it fails, because
 * the container is restarted then; readiness goes on.
 */
export async function runProbe(
  kind: ProbeKind,
  probe: Probe,
  {
    check,
    events,
    signal,
  }: {
    readonly check: () => Promise<ProbeResult>;
    readonly events: ProberEvents;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const settings = { ...defaults, ...withoutUndefined(probe) };
  let verdict = kind === 'liveness';
  let streak: { readonly passed: boolean; readonly count: number } = { passed: verdict, count: 0 };
  if (!(await pause(settings.initialDelaySeconds, signal))) return;
  do {
    const result = await check();
    if (signal.aborted) return;
    const message = result.passed ? '' : result.message;
    if (!result.passed) events.onFailure(kind, message);
    streak = { passed: result.passed, count: result.passed === streak.passed ? streak.count + 1 : 1 };
    const threshold = result.passed ? settings.successThreshold : settings.failureThreshold;
    const decided = streak.count >= threshold;
    // A startup probe that gave up has a verdict though it never had the other one.
    if (decided && (verdict !== result.passed || (kind === 'startup' && !result.passed))) {
      verdict = result.passed;
      events.onVerdict(kind, verdict, message);
      if (kind === 'startup' || (kind === 'liveness' && !verdict)) return;
    }
  } while (await pause(settings.periodSeconds, signal));
}

async function pause(seconds: number, signal: AbortSignal): Promise<boolean> {
  return delay(seconds * 1000, true, { signal }).catch(() => false);
}

function withoutUndefined(probe: Probe): Partial<Record<keyof typeof defaults, number>> {
  return Object.fromEntries(Object.entries(probe).filter(([, value]) => value !== undefined));
}
