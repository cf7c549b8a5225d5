import type { Controller } from './controller.ts';
import { sleep, systemClock, type Clock } from './clock.ts';
import { messageOf } from './errors.ts';
import { LeadershipLostError, type LeaderElector } from './leader-elector.ts';
import { silentLogger, type Logger } from './logger.ts';

/** Something that runs until its signal aborts. Ending or throwing before that stops everything. */
export interface Runnable {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}

/** A reflector, or anything else that must be complete before work begins. */
export interface Cache extends Runnable {
  readonly synced: Promise<void>;
  readonly hasSynced: boolean;
  readonly lastError?: string | undefined;
}

export interface ManagerOptions {
  /** Health and metrics: first up, last down, so that an ill start can be looked at. */
  readonly servers?: readonly Runnable[];
  readonly caches?: readonly Cache[];
  /** Work that every replica does, once caches are synced. */
  readonly everywhere?: readonly Runnable[];
  /** Begin once caches are synced, and on the leader only if there is an elector. */
  readonly controllers?: readonly Controller[];
  readonly elector?: LeaderElector;
  /** How long running reconciles may take to end before they are aborted. Default 10 s. */
  readonly drainMilliseconds?: number;
  readonly logger?: Logger;
  readonly clock?: Clock;
}

export interface Readiness {
  readonly ready: boolean;
  /** What is missing, for people. */
  readonly reasons: readonly string[];
}

export interface Manager {
  /** Runs all until the signal aborts, then stops in the opposite order. Throws what made one of its parts end early. */
  run(signal: AbortSignal): Promise<void>;
  readiness(): Readiness;
  readonly isLeader: boolean;
}

const STOP_SLACK_MILLISECONDS = 2_000;

/** The start order of everything a controller process holds. */
export function createManager(options: ManagerOptions): Manager {
  const { servers = [], caches = [], everywhere = [], controllers = [], elector } = options;
  const { logger = silentLogger, clock = systemClock, drainMilliseconds = 10_000 } = options;
  let state: 'not started' | 'running' | 'stopping' = 'not started';

  /** Running reconciles may finish, but not for ever, and not at all when another process may lead by now. */
  async function runControllers(signal: AbortSignal): Promise<void> {
    const kill = new AbortController();
    const ended = new AbortController();
    const late = async (): Promise<never> => {
      await aborted(signal);
      const patience = signal.reason instanceof LeadershipLostError ? 0 : drainMilliseconds;
      if (await sleep(clock, patience, ended.signal)) kill.abort(signal.reason);
      await sleep(clock, STOP_SLACK_MILLISECONDS, ended.signal);
      throw new Error('a reconcile does not heed its signal');
    };
    try {
      await Promise.race([
        Promise.all(controllers.map((controller) => controller.run(signal, kill.signal))),
        late(),
      ]);
    } finally {
      ended.abort();
    }
  }

  async function work(signal: AbortSignal): Promise<void> {
    if (controllers.length === 0) return aborted(signal);
    if (elector === undefined) return runControllers(signal);
    while (!signal.aborted) {
      try {
        await elector.run(signal, runControllers);
      } catch (error) {
        if (!(error instanceof LeadershipLostError)) throw error;
        logger.warn({ error: error.message }, 'leadership lost, stands for election again');
      }
    }
    return undefined;
  }

  async function stopPhase(phase: Phase): Promise<void> {
    const ended = new AbortController();
    const late = sleep(clock, drainMilliseconds + STOP_SLACK_MILLISECONDS, ended.signal);
    const inTime = await Promise.race([phase.stop().then(() => true), late.then(() => false)]);
    ended.abort();
    if (!inTime) logger.error({ phase: phase.name }, 'does not heed its signal, going on without it');
  }

  return {
    get isLeader() {
      return elector === undefined ? state === 'running' : elector.isLeader;
    },
    readiness: () => {
      const waiting = caches
        .filter((cache) => !cache.hasSynced)
        .map(
          (cache) =>
            `${cache.name} is not synced${cache.lastError === undefined ? '' : `: ${cache.lastError}`}`,
        );
      const reasons = state === 'running' ? waiting : [state, ...waiting];
      return { ready: reasons.length === 0, reasons };
    },
    run: async (signal) => {
      const phases = [
        createPhase('server', servers, logger),
        createPhase('cache', caches, logger),
        createPhase('runnable', everywhere, logger),
        createPhase('controllers', [{ name: 'controllers', run: work }], logger),
      ];
      const failure = new AbortController();
      const stop = (): void => failure.abort();
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      const started: Phase[] = [];
      let error: unknown;
      const fail = (cause: unknown): void => {
        error ??= cause;
        stop();
      };
      try {
        for (const phase of phases) {
          if (failure.signal.aborted) break;
          started.push(phase);
          phase.start(fail);
          if (phase.name === 'cache') {
            await Promise.race([Promise.all(caches.map((cache) => cache.synced)), aborted(failure.signal)]);
            if (!failure.signal.aborted) state = 'running';
          }
        }
        await aborted(failure.signal);
      } finally {
        signal.removeEventListener('abort', stop);
        state = 'stopping';
        for (const phase of started.toReversed()) await stopPhase(phase);
        for (const { queue } of controllers) void queue.close();
      }
      if (error !== undefined) throw error;
    },
  };
}

interface Phase {
  readonly name: string;
  start(fail: (cause: unknown) => void): void;
  stop(): Promise<void>;
}

function createPhase(name: string, runnables: readonly Runnable[], logger: Logger): Phase {
  const controller = new AbortController();
  let all: Promise<unknown> = Promise.resolve();
  return {
    name,
    start: (fail) => {
      all = Promise.all(
        runnables.map(async (runnable) => {
          try {
            await runnable.run(controller.signal);
            if (!controller.signal.aborted) fail(new Error(`${name} ${runnable.name} ended by itself`));
          } catch (error) {
            if (controller.signal.aborted)
              logger.warn({ name: runnable.name, error: messageOf(error) }, 'failed while stopping');
            else fail(error);
          }
        }),
      );
    },
    stop: async () => {
      controller.abort();
      await all;
    },
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
