/** Time as a parameter: everything in this package that waits or stamps does so through one of these. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds on a clock that never jumps back. */
  monotonic(): number;
  setTimeout(callback: () => void, milliseconds: number): Timer;
}

export interface Timer {
  cancel(): void;
}

/** A source of numbers in [0, 1). */
export type Random = () => number;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, milliseconds) => {
    const handle = setTimeout(callback, milliseconds);
    return { cancel: () => clearTimeout(handle) };
  },
};

export const systemRandom: Random = Math.random;

/** Resolves after the time is up or the signal aborts, whichever is first; true when the whole time passed. */
export async function sleep(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted === true) return false;
  return new Promise((resolve) => {
    const stop = (): void => {
      timer.cancel();
      resolve(false);
    };
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve(true);
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
