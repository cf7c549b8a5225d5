import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BackoffRange } from './backoff.ts';
import { systemClock, type Clock } from './clock.ts';
import { isAlreadyExists, isConflict, KubeConnectionError, messageOf } from './errors.ts';
import { silentLogger, type Logger } from './logger.ts';
import { noMetrics, type ReconcileResult, type RuntimeMetrics } from './metrics.ts';
import { TerminalError, type Outcome } from './outcome.ts';
import { WorkQueue, type TakenKey } from './work-queue.ts';

export interface ReconcileContext {
  /** Aborts when the reconcile has taken too long or the controller is to stop at once. */
  readonly signal: AbortSignal;
}

/**
 * Brings one object in line with what is wanted. It is told which one, not what happened: it reads the present state,
 * so that lost, doubled and reordered events make no difference.
 */
export type Reconcile = (key: string, context: ReconcileContext) => Promise<Outcome>;

export interface ControllerOptions {
  readonly name: string;
  readonly reconcile: Reconcile;
  /** Default: a new one. Watches add keys to it. */
  readonly queue?: WorkQueue;
  /** Reconciles at once, of different keys. Default 4. */
  readonly workers?: number;
  /** After which the context's signal aborts. Default 60 s. */
  readonly reconcileTimeoutMilliseconds?: number;
  readonly logger?: Logger;
  readonly metrics?: RuntimeMetrics;
  readonly clock?: Clock;
}

export interface Controller {
  readonly name: string;
  readonly queue: WorkQueue;
  /**
   * Works until the signal aborts; then begins nothing new and resolves when the running reconciles have ended, which
   * `kill` hastens. It may be run again: the queue goes on taking keys in. Close the queue when that is not to be.
   */
  run(signal: AbortSignal, kill?: AbortSignal): Promise<void>;
}

/** While the server is away every key fails: what counts then is to be there soon after it is back. */
const UNREACHABLE: BackoffRange = { firstMilliseconds: 200, longestMilliseconds: 2_000 };
/** Someone else was quicker; the cache will have their version in a moment. */
const CONFLICT: BackoffRange = { firstMilliseconds: 20, longestMilliseconds: 5_000 };
/** The object is there and the cache is late: the watch that brings it begins the next round, so asking again is a waste. */
const LATE: BackoffRange = { firstMilliseconds: 1_000, longestMilliseconds: 5_000 };

export function createController(options: ControllerOptions): Controller {
  const { name, reconcile, logger = silentLogger, metrics = noMetrics, clock = systemClock } = options;
  const { workers = 4, reconcileTimeoutMilliseconds = 60_000 } = options;
  const queue = options.queue ?? new WorkQueue({ clock });
  metrics.queue(name, () => queue);
  let lastTurn: Promise<void> = Promise.resolve();

  /**
   * Rounds begin one per turn of the event loop: in a burst of them sockets, timers and health probes wait for one round, not
   * for all, and V8 can end a marking, which waits for a turn and lets garbage pile up meanwhile.
   */
  function ownTurn(): Promise<void> {
    lastTurn = lastTurn.then(() => nextTurn());
    return lastTurn;
  }

  async function work(signal: AbortSignal, kill: AbortSignal | undefined): Promise<void> {
    for (let item = await queue.take(); item !== undefined; item = await queue.take()) {
      await ownTurn();
      // Whoever leads after us must find nobody at work, and we find the key again if it is us.
      if (signal.aborted) queue.add(item.key);
      else await handle(item, kill);
      queue.done(item.key);
    }
  }

  async function handle({ key, waitedMilliseconds }: TakenKey, kill: AbortSignal | undefined): Promise<void> {
    metrics.queueWaited(name, waitedMilliseconds / 1000);
    const begun = clock.monotonic();
    const result = settle(key, await attempt(key, kill));
    metrics.reconciled(name, result, (clock.monotonic() - begun) / 1000);
  }

  async function attempt(key: string, kill: AbortSignal | undefined): Promise<Attempt> {
    const controller = new AbortController();
    const stop = (): void => controller.abort(kill?.reason);
    const timeout = new ReconcileTimeoutError(reconcileTimeoutMilliseconds);
    const timer = clock.setTimeout(() => controller.abort(timeout), reconcileTimeoutMilliseconds);
    kill?.addEventListener('abort', stop, { once: true });
    if (kill?.aborted === true) stop();
    try {
      return await reconcile(key, { signal: controller.signal });
    } catch (error) {
      return { kind: 'failed', error: controller.signal.reason === timeout ? timeout : error };
    } finally {
      timer.cancel();
      kill?.removeEventListener('abort', stop);
    }
  }

  /** The one place where outcomes become queue operations. */
  function settle(key: string, outcome: Attempt): ReconcileResult {
    let result: ReconcileResult = 'done';
    switch (outcome.kind) {
      case 'done':
        queue.forget(key);
        break;
      case 'requeueAfter':
        queue.forget(key);
        queue.addAfter(key, outcome.milliseconds);
        result = 'requeueAfter';
        break;
      case 'failed':
        result =
          outcome.error instanceof TerminalError ? giveUp(key, outcome.error) : tryAgain(key, outcome.error);
        break;
    }
    return result;
  }

  function giveUp(key: string, error: TerminalError): ReconcileResult {
    queue.forget(key);
    logger.error({ controller: name, key, error: error.message }, 'reconcile failed for good');
    return 'terminalError';
  }

  function tryAgain(key: string, error: unknown): ReconcileResult {
    const failures = queue.failures(key) + 1;
    const retryInMilliseconds = Math.round(queue.addRateLimited(key, rangeFor(error)));
    const fields = { controller: name, key, error: messageOf(error), failures, retryInMilliseconds };
    if (isConflict(error) || isAlreadyExists(error))
      logger.debug(fields, 'reconcile met a conflict, will try again');
    else logger.error(fields, 'reconcile failed, will try again');
    return 'error';
  }

  return {
    name,
    queue,
    run: async (signal, kill) => {
      const pause = (): void => void queue.pause();
      queue.resume();
      signal.addEventListener('abort', pause, { once: true });
      if (signal.aborted) pause();
      await Promise.all(Array.from({ length: workers }, () => work(signal, kill)));
      await queue.pause();
    },
  };
}

type Attempt = Outcome | { readonly kind: 'failed'; readonly error: unknown };

/** Undefined: as the queue is set. */
function rangeFor(error: unknown): BackoffRange | undefined {
  if (error instanceof KubeConnectionError) return UNREACHABLE;
  if (isAlreadyExists(error)) return LATE;
  return isConflict(error) ? CONFLICT : undefined;
}

class ReconcileTimeoutError extends Error {
  override readonly name = 'ReconcileTimeoutError';

  constructor(milliseconds: number) {
    super(`not finished after ${milliseconds} ms`);
  }
}
