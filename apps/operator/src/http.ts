import type { Readiness, Runnable } from '@kaito-ts/kube-runtime';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { ListenAddress } from './options.ts';
import type { Registry } from 'prom-client';
import { once } from 'node:events';
import { createServer } from 'node:http';

export interface HttpParts {
  readonly registry: Registry;
  readonly readiness: () => Readiness;
  readonly healthAddress: ListenAddress;
  readonly metricsAddress: ListenAddress;
  /** Called once with where each server listens. */
  readonly listening: (urls: { readonly health: string; readonly metrics: string }) => void;
}

interface Answer {
  readonly code: number;
  readonly type?: string;
  readonly text: string;
}

type Routes = Readonly<Record<string, () => Answer | Promise<Answer>>>;

/** `/healthz`: the process answers. `/readyz`: its caches are complete. `/metrics`: Prometheus text. */
export function createHttpServers(parts: HttpParts): Runnable {
  const { registry, readiness, healthAddress, metricsAddress, listening } = parts;
  const healthRoutes: Routes = {
    '/healthz': () => ({ code: 200, text: 'ok' }),
    '/readyz': () => {
      const { ready, reasons } = readiness();
      return ready ? { code: 200, text: 'ok' } : { code: 503, text: reasons.join('\n') };
    },
  };
  const metricsRoutes: Routes = {
    '/metrics': async () => ({ code: 200, type: registry.contentType, text: await registry.metrics() }),
  };
  return {
    name: 'http',
    run: async (signal) => {
      const shared = sameFixedPort(healthAddress, metricsAddress);
      const health = serverOf(shared ? { ...healthRoutes, ...metricsRoutes } : healthRoutes);
      const metrics = shared ? health : serverOf(metricsRoutes);
      try {
        const healthUrl = await listen(health, healthAddress);
        listening({ health: healthUrl, metrics: shared ? healthUrl : await listen(metrics, metricsAddress) });
        if (!signal.aborted) await once(signal, 'abort');
      } finally {
        await Promise.all([...new Set([health, metrics])].map(closed));
      }
    },
  };
}

/** Three paths need no framework: node's own server keeps 5 MiB of one out of the process. */
function serverOf(routes: Routes): Server {
  return createServer((request, response) => {
    answer(request, response, routes).catch(() => response.destroy());
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, routes: Routes): Promise<void> {
  const route = Object.hasOwn(routes, pathOf(request)) ? routes[pathOf(request)] : undefined;
  const { code, type = 'text/plain; charset=utf-8', text } = await answerOf(request, route);
  const length = Buffer.byteLength(text);
  response.writeHead(code, { 'content-type': type, 'content-length': length }).end(text);
}

function answerOf({ method }: IncomingMessage, route: Routes[string] | undefined): Answer | Promise<Answer> {
  if (route === undefined) return { code: 404, text: 'not found' };
  return method === 'GET' || method === 'HEAD' ? route() : { code: 405, text: 'GET it' };
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?')[0] ?? '';
}

async function listen(server: Server, { host, port }: ListenAddress): Promise<string> {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') return '';
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}

function sameFixedPort(left: ListenAddress, right: ListenAddress): boolean {
  return left.port !== 0 && left.port === right.port && left.host === right.host;
}

/** A scrape that is being answered ends; a connection that is only kept open does not hold the process. */
async function closed(server: Server): Promise<void> {
  if (!server.listening) return;
  const ended = once(server, 'close');
  server.close();
  await ended;
}
