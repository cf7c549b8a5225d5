import type { Clock } from './clock.ts';
import { KubeConnectionError } from './errors.ts';

export interface IdleTimeout {
  readonly clock: Clock;
  readonly milliseconds: number;
  readonly signal: AbortSignal;
  /** Named in the error. */
  readonly request: string;
}

/**
 * A stream that is given up when nothing comes for too long: a peer that vanished without a word leaves a connection
 * half open, and reading from it waits for ever. Throws KubeConnectionError with code `IDLE` then.
 */
export async function* withIdleTimeout<T>(
  { clock, milliseconds, signal, request }: IdleTimeout,
  open: (signal: AbortSignal) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const controller = new AbortController();
  const stop = (): void => controller.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const expire = (): void => {
    const cause = new Error(`nothing came for ${milliseconds} ms`);
    controller.abort(new KubeConnectionError(request, 'IDLE', { cause, maybeSent: true }));
  };
  let timer = clock.setTimeout(expire, milliseconds);
  try {
    for await (const item of open(controller.signal)) {
      timer.cancel();
      yield item;
      timer = clock.setTimeout(expire, milliseconds);
    }
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', stop);
    controller.abort();
  }
}
