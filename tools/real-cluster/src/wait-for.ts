import { setTimeout as wait } from 'node:timers/promises';

export interface WaitOptions {
  readonly milliseconds: number;
  readonly pollMilliseconds?: number;
  /** Why it took too long; asked once. */
  readonly explain?: () => Promise<string>;
}

/** Asks again and again until there is an answer other than undefined. An error counts as no answer yet. */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  options: WaitOptions,
): Promise<T> {
  const end = performance.now() + options.milliseconds;
  let lastError: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      if (error instanceof GiveUpError) throw error;
      lastError = error;
    }
    if (performance.now() > end) break;
    await wait(options.pollMilliseconds ?? 100);
  }
  const reason =
    (await options.explain?.()) ?? (lastError instanceof Error ? lastError.message : 'no reason given');
  throw new Error(`${what}: not within ${options.milliseconds} ms: ${reason}`, { cause: lastError });
}

/** Thrown by the asked when waiting on is useless. */
export class GiveUpError extends Error {
  override readonly name = 'GiveUpError';
}
