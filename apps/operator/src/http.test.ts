import type { ListenAddress } from './options.ts';
import { Gauge, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createHttpServers } from './http.ts';

const anyPort: ListenAddress = { host: '127.0.0.1', port: 0 };

async function serving(
  work: (urls: { health: string; metrics: string }, state: { ready: boolean }) => Promise<void>,
): Promise<void> {
  const registry = new Registry();
  new Gauge({ name: 'answer', help: 'a figure', registers: [registry] }).set(42);
  const state = { ready: false };
  const stop = new AbortController();
  const urls = Promise.withResolvers<{ health: string; metrics: string }>();
  const running = createHttpServers({
    registry,
    readiness: () => ({ ready: state.ready, reasons: ['pods is not synced'] }),
    healthAddress: anyPort,
    metricsAddress: anyPort,
    listening: urls.resolve,
  }).run(stop.signal);
  await work(await urls.promise, state);
  stop.abort();
  await running;
}

async function ask(base: string, path: string, method = 'GET'): Promise<string> {
  const response = await fetch(new URL(path, base), { method });
  return `${response.status} ${await response.text()}`;
}

test('health and readiness, with what is missing', async () => {
  await serving(async ({ health }, state) => {
    expect(await ask(health, '/healthz')).toBe('200 ok');
    expect(await ask(health, '/readyz?verbose')).toBe('503 pods is not synced');
    state.ready = true;
    expect(await ask(health, '/readyz')).toBe('200 ok');
    expect(await ask(health, '/readyz', 'HEAD')).toBe('200 ');
  });
});

test('metrics on an address of their own, and nothing else anywhere', async () => {
  await serving(async ({ health, metrics }) => {
    expect(await ask(metrics, '/metrics')).toContain('answer 42');
    expect(await ask(health, '/metrics')).toBe('404 not found');
    expect(await ask(health, '/constructor')).toBe('404 not found');
    expect(await ask(health, '/healthz', 'POST')).toBe('405 GET it');
  });
});

test('a port that is taken ends the program with the reason', async () => {
  await serving(async ({ health }) => {
    const taken = { host: '127.0.0.1', port: Number(new URL(health).port) };
    const servers = createHttpServers({
      registry: new Registry(),
      readiness: () => ({ ready: true, reasons: [] }),
      healthAddress: taken,
      metricsAddress: anyPort,
      listening: () => {},
    });
    await expect(servers.run(new AbortController().signal)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
