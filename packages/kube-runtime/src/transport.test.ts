import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { kinds } from './kinds.ts';
import { configMap, json, startWireServer } from './testing/wire-server.ts';
import { createFakeClock } from './testing/fake-clock.ts';

const ref = { name: 'a', namespace: 'default' };

it('goes through the proxy that the kubeconfig names', async () => {
  const seen: string[] = [];
  const proxy = createServer((request, response) => {
    seen.push(request.url ?? '');
    json(response, configMap('a', '1'));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  await using server = await startWireServer(() => {}, {
    access: { server: 'http://api.invalid/prefix', proxyUrl },
  });
  await server.client.get(kinds.configMaps, ref);
  expect(seen).toEqual(['http://api.invalid/prefix/api/v1/namespaces/default/configmaps/a']);
  proxy.closeAllConnections();
  proxy.close();
});

it('opens new connections when certificates change, and lets running calls finish on the old ones', async () => {
  let cert = 'one';
  const access = { credentials: () => Promise.resolve({ headers: {}, tls: { ca: cert } }) };
  const release = Promise.withResolvers<void>();
  await using server = await startWireServer(
    async ({ path }, response) => {
      if (path.endsWith('slow')) await release.promise;
      json(response, configMap('a', '1'));
    },
    { access },
  );
  await server.client.get(kinds.configMaps, ref);
  const slow = server.client.get(kinds.configMaps, { ...ref, name: 'slow' });
  await expect.poll(() => server.requests.length).toBe(2);
  const before = server.connections;
  cert = 'two';
  await server.client.get(kinds.configMaps, ref);
  expect(server.connections).toBe(before + 1);
  release.resolve();
  expect((await slow).metadata.name).toBe('a');
});

it('uses no connection of a pool of which one failed', async () => {
  const release = Promise.withResolvers<void>();
  await using server = await startWireServer(
    async ({ path }, response) => {
      if (path.endsWith('slow')) await release.promise;
      if (path.endsWith('broken')) response.destroy();
      else json(response, configMap('a', '1'));
    },
    { retryPolicy: { retries: 0, firstDelayMilliseconds: 1, longestRetryAfterSeconds: 1 } },
  );
  const slow = server.client.get(kinds.configMaps, { ...ref, name: 'slow' });
  await expect.poll(() => server.requests.length).toBe(1);
  const broken = server.client.get(kinds.configMaps, { ...ref, name: 'broken' });
  await expect(broken).rejects.toMatchObject({ name: 'KubeConnectionError' });
  release.resolve();
  await slow;
  // undici hands a connection out again one turn after its answer.
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(server.connections).toBe(2);
  await server.client.get(kinds.configMaps, ref);
  expect(server.connections).toBe(3);
});

it('does not wait for credentials beyond the deadline', async () => {
  const clock = createFakeClock();
  const access = { credentials: () => new Promise<never>(() => {}) };
  await using server = await startWireServer(() => {}, {
    access,
    transportClock: clock,
    retryPolicy: { retries: 0, firstDelayMilliseconds: 1, longestRetryAfterSeconds: 1 },
  });
  const call = server.client.get(kinds.configMaps, ref).catch((error: unknown) => error);
  await clock.advance(30_000);
  expect(await call).toMatchObject({ code: 'ETIMEDOUT' });
});

it('serves many watches beside requests', async () => {
  await using server = await startWireServer(({ query }, response) => {
    if (query.has('watch')) response.flushHeaders();
    else json(response, configMap('a', '1'));
  });
  const stop = new AbortController();
  const watches = Array.from({ length: 50 }, async () => {
    for await (const _ of server.client.watch(kinds.configMaps, { signal: stop.signal })) break;
  });
  await expect.poll(() => server.requests.length).toBe(50);
  await server.client.get(kinds.configMaps, ref);
  stop.abort();
  await Promise.allSettled(watches);
});
