import type { Readiness, Runnable } from '@kaito-ts/kube-runtime';
import type { ListenAddress } from './options.ts';
import type { Registry } from 'prom-client';
import { fastify, type FastifyInstance } from 'fastify';

export interface HttpParts {
  readonly registry: Registry;
  readonly readiness: () => Readiness;
  readonly healthAddress: ListenAddress;
  readonly metricsAddress: ListenAddress;
  /** Called once with where each server listens. */
  readonly listening: (urls: { readonly health: string; readonly metrics: string }) => void;
}

/** `/healthz`: the process answers. `/readyz`: its caches are complete. `/metrics`: Prometheus text. */
export function createHttpServers(parts: HttpParts): Runnable {
  const { registry, readiness, healthAddress, metricsAddress, listening } = parts;
  return {
    name: 'http',
    run: async (signal) => {
      const health = fastify();
      health.get('/healthz', async () => 'ok');
      health.get('/readyz', async (_request, reply) => {
        const { ready, reasons } = readiness();
        return reply.code(ready ? 200 : 503).send(ready ? 'ok' : reasons.join('\n'));
      });
      const shared = sameFixedPort(healthAddress, metricsAddress);
      const metrics = shared ? health : fastify();
      metrics.get('/metrics', async (_request, reply) =>
        reply.type(registry.contentType).send(await registry.metrics()),
      );
      try {
        const healthUrl = await health.listen(healthAddress);
        listening({ health: healthUrl, metrics: shared ? healthUrl : await metrics.listen(metricsAddress) });
        await aborted(signal);
      } finally {
        await close([health, metrics]);
      }
    },
  };
}

function sameFixedPort(left: ListenAddress, right: ListenAddress): boolean {
  return left.port !== 0 && left.port === right.port && left.host === right.host;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

async function close(servers: readonly FastifyInstance[]): Promise<void> {
  await Promise.all([...new Set(servers)].map((server) => server.close()));
}
