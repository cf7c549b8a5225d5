import type { KubeClient } from '@kaito-ts/kube-runtime';
import { kinds, silentLogger, systemClock } from '@kaito-ts/kube-runtime';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localCluster, type TestCluster } from './behaviour/cluster.test.data.ts';
import { createOperator } from './operator.ts';
import { parseOptions } from './options.ts';
import { catalogue } from './plan/builders.test.data.ts';

interface Answer {
  readonly status: number;
  readonly text: string;
}

describe('a replica', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await localCluster();
  });
  afterAll(() => cluster.stop());

  /** Runs an operator that stands for election, for as long as `look` takes. */
  async function whileRunning(
    change: (client: KubeClient) => KubeClient,
    look: (ask: (path: string) => Promise<Answer>) => Promise<void>,
  ): Promise<void> {
    const stop = new AbortController();
    const urls = Promise.withResolvers<{ readonly health: string; readonly metrics: string }>();
    const operator = createOperator({
      client: change(await cluster.connect('kaito-operator/test')),
      options: parseOptions(['--leader-elect'], {}, 'test'),
      catalogue: catalogue(),
      recordTexts: [],
      identity: `test-${Math.random()}`,
      logger: silentLogger,
      clock: systemClock,
      registry: new Registry(),
      listening: urls.resolve,
    });
    const running = operator.run(stop.signal);
    const { health, metrics } = await urls.promise;
    try {
      await look(async (path) => {
        const response = await fetch(`${path === '/metrics' ? metrics : health}${path}`);
        return { status: response.status, text: await response.text() };
      });
    } finally {
      stop.abort();
      await running;
    }
  }

  test('is ready when its caches are complete and it leads, and gives the Lease up when it ends', async () => {
    await whileRunning(
      (client) => client,
      async (ask) => {
        expect((await ask('/healthz')).status).toBe(200);
        await expect.poll(() => ask('/readyz'), { timeout: 10_000 }).toEqual({ status: 200, text: 'ok' });
        const leads = 'leader_election_master_status{name="kaito-operator"} 1';
        await expect.poll(async () => (await ask('/metrics')).text, { timeout: 10_000 }).toContain(leads);
      },
    );
    const client = await cluster.connect('test');
    const lease = await client.get(kinds.leases, { namespace: 'kaito-system', name: 'kaito-operator' });
    expect(lease.spec?.holderIdentity ?? '').toBe('');
  });

  test('is alive but not ready while nobody can hold the Lease', async () => {
    await whileRunning(
      (client) => ({
        ...client,
        get: (kind, ref, options) =>
          kind.plural === 'leases' ? Promise.reject(new Error('forbidden')) : client.get(kind, ref, options),
      }),
      async (ask) => {
        const text = "the Lease kaito-operator is nobody's yet";
        await expect.poll(() => ask('/readyz'), { timeout: 10_000 }).toEqual({ status: 503, text });
        expect((await ask('/healthz')).status).toBe(200);
      },
    );
  });

  test('is alive but not ready while a cache is empty, and says which', async () => {
    await whileRunning(
      (client) => ({
        ...client,
        list: (kind, options) =>
          kind.plural === 'pods' ? Promise.reject(new Error('forbidden')) : client.list(kind, options),
        watch: (kind, options) => {
          if (kind.plural === 'pods') throw new Error('forbidden');
          return client.watch(kind, options);
        },
      }),
      async (ask) => {
        await expect
          .poll(async () => (await ask('/readyz')).text, { timeout: 10_000 })
          .toContain('pods is not synced: forbidden');
        expect((await ask('/readyz')).status).toBe(503);
      },
    );
  });
});
