import type { Settings } from '../settings/settings.ts';

/** How the pod's grace period is spent. The kubelet's SIGKILL at its end would leave no time to say anything. */
export interface StopBudget {
  /** New requests are still served, because endpoints and load balancers forget this pod late. */
  readonly admitMilliseconds: number;
  /** Requests in flight may finish. */
  readonly drainMilliseconds: number;
  /** The runtime may end by itself. */
  readonly stopMilliseconds: number;
}

const marginMilliseconds = 2000;
const longestStopMilliseconds = 5000;

export function stopBudget(
  settings: Pick<Settings, 'terminationGraceSeconds' | 'drainDelaySeconds'>,
): StopBudget {
  const total = Math.max(0, settings.terminationGraceSeconds * 1000 - marginMilliseconds);
  const stopMilliseconds = Math.min(longestStopMilliseconds, total / 2);
  const admitMilliseconds = Math.min(settings.drainDelaySeconds * 1000, total - stopMilliseconds);
  return {
    admitMilliseconds,
    drainMilliseconds: total - stopMilliseconds - admitMilliseconds,
    stopMilliseconds,
  };
}
