import type { Logger, Runnable } from '@kaito-ts/kube-runtime';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ListenAddress } from '../options.ts';
import type { AdmissionMetrics } from './admission-metrics.ts';
import type { Verdict, WorkspaceWrite } from './workspace-review.ts';
import { createServer, type Server } from 'node:https';
import { once } from 'node:events';
import { readReview, renderReview } from './admission-review.ts';
import { reviewPath } from './webhook-configuration.ts';

export interface ReviewServerOptions {
  readonly address: ListenAddress;
  readonly review: (write: WorkspaceWrite) => Verdict;
  readonly metrics: AdmissionMetrics;
  readonly logger: Logger;
  /** Called once with where it listens. */
  readonly listening?: ((url: string) => void) | undefined;
}

export interface ReviewServer extends Runnable {
  /** Serves new connections under this certificate; throws when certificate and key do not belong together. */
  use(pair: { readonly certificate: string; readonly key: string }): void;
}

/** Two versions of the largest object that etcd takes, and some. */
const longestBodyBytes = 8 * 1024 * 1024;
/** Go's clients drop idle connections after 90 s; if we did so first, a call could meet a closing connection. */
const keepAliveMilliseconds = 120_000;
const drainMilliseconds = 5_000;

/** The HTTPS server that the API server calls. Without a certificate it refuses every handshake. */
export function createReviewServer(options: ReviewServerOptions): ReviewServer {
  const { address, logger, listening } = options;
  const server = createServer({ minVersion: 'TLSv1.2' }, (request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      logger.error({ error: error instanceof Error ? error.message : String(error) }, 'review failed');
      if (!response.headersSent) send(response, 500, { error: 'internal error' });
      else response.destroy();
    });
  });
  server.keepAliveTimeout = keepAliveMilliseconds;
  server.requestTimeout = 10_000;
  return {
    name: 'webhook',
    use: ({ certificate, key }) => server.setSecureContext({ cert: certificate, key, minVersion: 'TLSv1.2' }),
    run: async (signal) => {
      server.listen(address.port, address.host);
      await once(server, 'listening');
      listening?.(urlOf(server));
      if (!signal.aborted) await once(signal, 'abort');
      await closed(server);
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { review, metrics }: ReviewServerOptions,
): Promise<void> {
  const path = request.url?.split('?')[0];
  if (path !== reviewPath) return send(response, 404, { error: `the webhook is at ${reviewPath}` });
  if (request.method !== 'POST') return send(response, 405, { error: 'POST an AdmissionReview' });
  const text = await bodyOf(request);
  if (text === undefined) {
    response.setHeader('connection', 'close');
    return send(response, 413, { error: `longer than ${longestBodyBytes} bytes` });
  }
  const asked = readReview(text);
  if (asked === undefined)
    return send(response, 400, { error: 'not an admission.k8s.io/v1 AdmissionReview' });
  const begun = performance.now();
  const verdict = review(asked);
  const body = renderReview(asked, verdict);
  metrics.reviewed(asked.operation, verdict.allowed, (performance.now() - begun) / 1000);
  send(response, 200, body);
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longestBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text);
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return '';
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `https://${host}:${address.port}${reviewPath}`;
}

/** Lets running reviews end; connections without one are closed at once. */
async function closed(server: Server): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), drainMilliseconds);
  await ended;
  clearTimeout(timer);
}
