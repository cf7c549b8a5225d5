import { fork } from 'node:child_process';
import { failureClasses, failureOf, LauncherError, type Failure } from '../failure/failure.ts';
import type { Settings } from '../settings/settings.ts';
import type { Preparation, PreparationHooks } from './preparation.ts';

/** First argument of a launcher that only prepares, for the launcher that started it. */
export const preparationArgument = '--prepare-for-parent';

type Message =
  | { readonly type: 'configRead' }
  | { readonly type: 'prepared'; readonly preparation: Preparation }
  | { readonly type: 'failed'; readonly failure: Failure };

export interface SeparatePreparation extends PreparationHooks {
  readonly program: string;
  readonly signal: AbortSignal;
}

/**
 * Runs `prepare` in a process that ends: schemas, catalogue and merged tensors would otherwise stay in the memory of a
 * launcher that lives for weeks, and a merge that runs out of memory takes only itself.
 */
export async function prepareSeparately(
  settings: Settings,
  options: SeparatePreparation,
): Promise<Preparation> {
  const { promise, resolve, reject } = Promise.withResolvers<Preparation>();
  const child = fork(options.program, [preparationArgument], {
    signal: options.signal,
    killSignal: 'SIGKILL',
    serialization: 'json',
    execArgv: process.execArgv.filter((flag) => !flag.startsWith('--max-')),
  });
  child.on('message', (message: Message) => {
    if (message.type === 'configRead') options.onConfigRead();
    else if (message.type === 'prepared') resolve(message.preparation);
    else reject(errorOf(message.failure));
  });
  child.once('error', reject);
  child.once('exit', (code, signal) => reject(diedUnexplained(code, signal)));
  child.send(settings);
  return promise;
}

/** The other end of `prepareSeparately`. */
export function serveParent(
  prepare: (settings: Settings, hooks: PreparationHooks) => Promise<Preparation>,
): void {
  process.once('message', (settings: Settings) => {
    void prepare(settings, { onConfigRead: () => process.send?.({ type: 'configRead' } satisfies Message) })
      .then((preparation): Message => ({ type: 'prepared', preparation }))
      .catch((error: unknown): Message => ({ type: 'failed', failure: failureOf(error) }))
      .then((message) => process.send?.(message, () => process.exit(0)));
  });
}

function errorOf({ class: failureClass, message, hint, lastLines }: Failure): LauncherError {
  const error = new LauncherError(failureClass, message, { hint });
  if (lastLines.length > 0) error.stack = lastLines.join('\n');
  return error;
}

function diedUnexplained(code: number | null, signal: string | null): LauncherError {
  const isMemory = signal === 'SIGKILL';
  return new LauncherError(
    isMemory ? failureClasses.outOfMemory : failureClasses.launcherFault,
    `preparing the adapters ended with ${signal ?? `exit code ${code}`}`,
    { hint: isMemory ? 'raise the memory limit of the container' : 'see the lines above in the log' },
  );
}
