import { setImmediate as nextTurn } from 'node:timers/promises';
import { Registry } from 'prom-client';
import * as prometheus from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createController, type Controller, type Reconcile } from './controller.ts';
import { KubeApiError, KubeConnectionError } from './errors.ts';
import type { Logger } from './logger.ts';
import { prometheusMetrics } from './metrics.ts';
import { done, requeueAfter, TerminalError } from './outcome.ts';
import { createFakeClock, settle, type FakeClock } from './testing/fake-clock.ts';
import { WorkQueue } from './work-queue.ts';

interface Run {
  readonly clock: FakeClock;
  readonly controller: Controller;
  readonly registry: Registry;
  readonly lines: string[];
  readonly stop: AbortController;
  readonly kill: AbortController;
  readonly ended: Promise<void>;
}

function run(reconcile: Reconcile, workers = 2): Run {
  const clock = createFakeClock();
  const registry = new Registry();
  const lines: string[] = [];
  const write = (level: string) => (_: object, message: string) => void lines.push(`${level} ${message}`);
  const logger: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  const metrics = prometheusMetrics(prometheus, registry);
  const queue = new WorkQueue({ clock, random: () => 1 });
  const controller = createController({
    name: 'test',
    reconcile,
    queue,
    workers,
    clock,
    logger,
    metrics,
    reconcileTimeoutMilliseconds: 5_000,
  });
  const [stop, kill] = [new AbortController(), new AbortController()];
  return { clock, controller, registry, lines, stop, kill, ended: controller.run(stop.signal, kill.signal) };
}

const conflict = new KubeApiError({ code: 409, reason: 'Conflict', message: 'changed', causes: [] }, 'PUT');
const away = new KubeConnectionError('GET', 'ECONNREFUSED', {
  cause: new Error('refused'),
  maybeSent: false,
});

describe('createController', () => {
  it.each<[string, Reconcile, readonly number[]]>([
    ['done: not again', () => Promise.resolve(done), [0]],
    ['requeueAfter: again at its time', () => Promise.resolve(requeueAfter(20_000)), [0, 20_000, 40_000]],
    ['TerminalError: not again', () => Promise.reject(new TerminalError('useless')), [0]],
    [
      'an error: again, with growing pauses',
      () => Promise.reject(new Error('x')),
      [0, 100, 300, 700, 1_500, 3_100, 6_300, 12_700, 25_500],
    ],
    [
      'a conflict: soon again',
      () => Promise.reject(conflict),
      [0, 20, 60, 140, 300, 620, 1_260, 2_540, 5_100, 10_100, 15_100],
    ],
    [
      'a server that is away: at least every two seconds',
      () => Promise.reject(away),
      [0, 200, 600, 1_400, 3_000, 5_000, 7_000, 9_000],
    ],
  ])('%s', async (_, reconcile, expected) => {
    const at: number[] = [];
    const { clock, controller } = run((key, context) => {
      at.push(clock.monotonic());
      return reconcile(key, context);
    });
    controller.queue.add('a');
    await clock.advance(50_000);
    expect(at.filter((time) => time <= (expected.at(-1) || 50_000))).toEqual(expected);
  });

  it('never works on one key twice at once, but on several keys', async () => {
    const active = new Map<string, number>();
    let most = 0;
    const { clock, controller } = run(async (key) => {
      active.set(key, (active.get(key) ?? 0) + 1);
      most = Math.max(
        most,
        [...active.values()].reduce((sum, count) => sum + count),
      );
      expect(active.get(key)).toBe(1);
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 10));
      active.set(key, 0);
      return done;
    }, 3);
    for (let round = 0; round < 20; round++) {
      for (const key of ['a', 'b', 'c', 'd']) controller.queue.add(key);
      await clock.advance(7);
    }
    expect(most).toBe(3);
  });

  it('aborts a reconcile that takes too long, and says so', async () => {
    let reason: unknown;
    const { clock, controller, lines } = run(
      (_, { signal }) =>
        new Promise((__, reject) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            reject(new Error('some error deep inside'));
          });
        }),
    );
    controller.queue.add('a');
    await clock.advance(5_000);
    expect((reason as Error).message).toBe('not finished after 5000 ms');
    expect(lines).toEqual(['error reconcile failed, will try again']);
  });

  it('finishes what runs on stop and begins nothing; aborts it on kill', async () => {
    const keys: string[] = [];
    const { clock, controller, stop, kill, ended } = run((key, { signal }) => {
      keys.push(key);
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(done)));
    }, 1);
    controller.queue.add('a');
    controller.queue.add('b');
    await settle();
    let over = false;
    void ended.then(() => (over = true));
    stop.abort();
    await clock.advance(1_000);
    expect([keys, over]).toEqual([['a'], false]);
    kill.abort();
    await ended;
    expect(keys).toEqual(['a']);
  });

  it('begins one round per turn of the event loop, so that all else waits for one and not for a burst', async () => {
    const turns: number[] = [];
    let turn = 0;
    const { controller } = run(() => (turns.push(turn), Promise.resolve(done)), 48);
    for (let key = 0; key < 8; key++) controller.queue.add(`${key}`);
    for (; turn < 10; turn++) await nextTurn();
    expect(turns).toHaveLength(8);
    expect(new Set(turns).size).toBe(8);
  });

  it('does not begin what it had taken when it is told to stop, and keeps it', async () => {
    const keys: string[] = [];
    const { controller, stop, ended } = run((key) => (keys.push(key), Promise.resolve(done)));
    controller.queue.add('a');
    await Promise.resolve();
    stop.abort();
    await ended;
    expect([keys, controller.queue.depth]).toEqual([[], 1]);
  });

  it('can be run again, and has kept the keys that came meanwhile', async () => {
    const keys: string[] = [];
    const { clock, controller, stop, ended } = run((key) => (keys.push(key), Promise.resolve(done)));
    stop.abort();
    await ended;
    controller.queue.add('a');
    await clock.advance(1_000);
    expect(keys).toEqual([]);
    const again = new AbortController();
    const second = controller.run(again.signal);
    await clock.advance(0);
    again.abort();
    await second;
    expect(keys).toEqual(['a']);
  });

  it('counts from the start, and by result', async () => {
    const { clock, controller, registry } = run((key) =>
      key === 'bad' ? Promise.reject(new TerminalError('no')) : Promise.resolve(done),
    );
    for (const key of ['a', 'b', 'bad']) controller.queue.add(key);
    await clock.advance(0);
    const text = await registry.metrics();
    for (const line of [
      'controller_runtime_reconcile_total{controller="test",result="success"} 2',
      'controller_runtime_reconcile_total{controller="test",result="error"} 1',
      'controller_runtime_reconcile_total{controller="test",result="requeue_after"} 0',
      'controller_runtime_terminal_reconcile_errors_total{controller="test"} 1',
      'controller_runtime_active_workers{controller="test"} 0',
      'workqueue_depth{name="test"} 0',
      'workqueue_adds_total{name="test"} 3',
      'workqueue_retries_total{name="test"} 0',
      'workqueue_queue_duration_seconds_count{name="test"} 3',
    ]) {
      expect(text).toContain(line);
    }
  });
});
