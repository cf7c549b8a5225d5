import type { Pod } from '@kaito-ts/kube-runtime';

/**
 * How long a pod that is told to end may still get requests and answer them: its node hears of it, endpoints and proxies
 * forget it, and the launcher serves late requests for another second after SIGTERM. Times of the API server have no
 * fractions.
 */
const lastWordsMilliseconds = 3000;

/** How much longer the pod may still answer; 0 when it does not, or when it is not about to end. */
export function leavingMilliseconds({ metadata }: Pod, now: string): number {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = metadata;
  if (deletionTimestamp === undefined) return 0;
  // The API server writes when the pod is to be gone, not when that was asked for.
  const toldAt = Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000;
  const left = toldAt + lastWordsMilliseconds - Date.parse(now);
  return Math.min(Math.max(left, 0), lastWordsMilliseconds);
}
