export interface BackOffOptions {
  /** Wait before the second restart in a row; the first is immediate. Default 10. */
  readonly baseSeconds: number;
  /** Waits double up to this. Default 300. A container that ran twice as long starts afresh. */
  readonly maximumSeconds: number;
}

export const defaultBackOff: BackOffOptions = { baseSeconds: 10, maximumSeconds: 300 };

/** Restarts of one container so far: how long the next one must wait, and when the last was made. */
export interface BackOff {
  readonly seconds: number;
  readonly updatedAt: number;
}

/** When (epoch milliseconds) a container that ended at `finishedAt` may start again. */
export function restartAllowedAt(
  backOff: BackOff | undefined,
  finishedAt: number,
  options: BackOffOptions,
): number {
  if (backOff === undefined || isForgotten(backOff, finishedAt, options)) return finishedAt;
  return finishedAt + backOff.seconds * 1000;
}

/** The state after a restart was made at `now`. */
export function afterRestart(backOff: BackOff | undefined, now: number, options: BackOffOptions): BackOff {
  const again = backOff !== undefined && !isForgotten(backOff, now, options);
  const seconds = again ? Math.min(backOff.seconds * 2, options.maximumSeconds) : options.baseSeconds;
  return { seconds, updatedAt: now };
}

function isForgotten({ updatedAt }: BackOff, at: number, { maximumSeconds }: BackOffOptions): boolean {
  return at - updatedAt > 2 * maximumSeconds * 1000;
}
