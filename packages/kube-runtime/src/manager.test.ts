import { describe, expect, it } from 'vitest';
import type { KubeClient } from './client.ts';
import { createController } from './controller.ts';
import type { Lease } from './kinds.ts';
import { LeaderElector } from './leader-elector.ts';
import { createManager, type Cache, type Runnable } from './manager.ts';
import { done } from './outcome.ts';
import { createFakeClock, settle } from './testing/fake-clock.ts';
import { createObjectServer } from './testing/object-server.ts';

const log: string[] = [];

function runnable(name: string, work: (signal: AbortSignal) => Promise<void> = untilAborted): Runnable {
  return {
    name,
    run: async (signal) => {
      log.push(`+${name}`);
      await work(signal);
      log.push(`-${name}`);
    },
  };
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
}

function cache(name: string): Cache & { sync(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const state = { ...runnable(name), synced: promise, hasSynced: false, lastError: 'refused' };
  return Object.assign(state, {
    sync: () => {
      state.hasSynced = true;
      resolve();
    },
  });
}

describe('createManager', () => {
  it('starts in order, work after caches, and stops in the opposite order', async () => {
    log.length = 0;
    const pods = cache('pods');
    const keys: string[] = [];
    const controller = createController({
      name: 'c',
      reconcile: (key) => (keys.push(key), Promise.resolve(done)),
    });
    const manager = createManager({
      servers: [runnable('health')],
      caches: [pods],
      everywhere: [runnable('probe')],
      controllers: [controller],
    });
    const stop = new AbortController();
    expect(manager.readiness()).toEqual({
      ready: false,
      reasons: ['not started', 'pods is not synced: refused'],
    });
    const running = manager.run(stop.signal);
    controller.queue.add('a');
    await settle();
    expect([log, keys, manager.readiness().ready]).toEqual([['+health', '+pods'], [], false]);
    pods.sync();
    await expect.poll(() => keys).toEqual(['a']);
    expect(manager.readiness()).toEqual({ ready: true, reasons: [] });
    stop.abort();
    await running;
    expect(log).toEqual(['+health', '+pods', '+probe', '-probe', '-pods', '-health']);
    expect(manager.readiness().ready).toBe(false);
  });

  it('stops all and throws when one part fails or ends by itself', async () => {
    for (const [work, message] of [
      [() => Promise.reject(new Error('port in use')), 'port in use'],
      [() => Promise.resolve(), 'ended by itself'],
    ] as const) {
      log.length = 0;
      const manager = createManager({ servers: [runnable('health')], everywhere: [runnable('bad', work)] });
      await expect(manager.run(new AbortController().signal)).rejects.toThrow(message);
      expect(log.filter((line) => line.endsWith('health'))).toEqual(['+health', '-health']);
    }
  });

  it('stands for election again after losing it, and then works on what came meanwhile', async () => {
    const [server, clock] = [createObjectServer(), createFakeClock()];
    const client = server.connect();
    const elector = new LeaderElector({
      client: client as unknown as KubeClient,
      lease: { namespace: 'n', name: 'l' },
      identity: 'a',
      clock,
      random: () => 0,
    });
    const keys: string[] = [];
    const controller = createController({
      name: 'c',
      clock,
      reconcile: (key) => (keys.push(key), Promise.resolve(done)),
    });
    const manager = createManager({ controllers: [controller], elector, clock });
    const stop = new AbortController();
    const running = manager.run(stop.signal);
    controller.queue.add('first');
    await clock.advance(1_000);
    expect([keys, manager.isLeader]).toEqual([['first'], true]);
    client.cutOff = true;
    await clock.advance(20_000);
    controller.queue.add('second');
    await clock.advance(1_000);
    expect([keys, manager.isLeader]).toEqual([['first'], false]);
    client.cutOff = false;
    await clock.advance(5_000);
    expect([keys, manager.isLeader]).toEqual([['first', 'second'], true]);
    stop.abort();
    await clock.advance(0);
    await running;
    expect((server.objects() as readonly Lease[])[0]?.spec?.holderIdentity).toBe('');
  });

  it('can be stopped before caches are synced', async () => {
    log.length = 0;
    const stop = new AbortController();
    const running = createManager({ caches: [cache('pods')], everywhere: [runnable('probe')] }).run(
      stop.signal,
    );
    await settle();
    stop.abort();
    await running;
    expect(log).toEqual(['+pods', '-pods']);
  });

  it('gives running reconciles time to end, then aborts them, and waits for nobody for ever', async () => {
    const clock = createFakeClock();
    let aborted = false;
    const controller = createController({
      name: 'slow',
      clock,
      reconcile: (_, { signal }) =>
        new Promise(() => signal.addEventListener('abort', () => (aborted = true))),
    });
    const manager = createManager({ controllers: [controller], clock, drainMilliseconds: 1_000 });
    const stop = new AbortController();
    const running = manager.run(stop.signal);
    controller.queue.add('a');
    await clock.advance(10);
    stop.abort();
    await clock.advance(999);
    expect(aborted).toBe(false);
    await clock.advance(1);
    expect(aborted).toBe(true);
    await clock.advance(2_000);
    await running;
  });
});
