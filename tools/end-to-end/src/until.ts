import { setTimeout as delay } from 'node:timers/promises';

/** For what takes seconds: a machine with two busy cores may need minutes, and nothing is shown by being quicker. */
export const patienceSeconds = 180;

/** Polls until `look` returns something other than undefined or false. */
export async function until<T>(
  seconds: number,
  what: string | (() => string),
  look: () => Promise<T | undefined | false>,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > end) {
      throw new Error(`not within ${seconds} s: ${typeof what === 'string' ? what : what()}`);
    }
    await delay(100);
  }
}
