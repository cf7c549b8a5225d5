import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, type ClientOptions, type KubeClient } from '../client.ts';
import type { Clock } from '../clock.ts';
import type { ClusterAccess } from '../kubeconfig.ts';
import type { KubeObject } from '../object.ts';
import { createTransport, type Transport } from '../transport.ts';

interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Handler = (request: WireRequest, response: ServerResponse) => unknown;

/** An HTTP server that answers what a test tells it to, and a client of it. */
export interface WireServer extends AsyncDisposable {
  readonly url: string;
  readonly client: KubeClient;
  readonly transport: Transport;
  readonly requests: readonly WireRequest[];
  /** TCP connections accepted so far. */
  readonly connections: number;
  /** Cuts all connections. */
  cut(): void;
}

export interface WireServerOptions extends ClientOptions {
  readonly access?: Partial<ClusterAccess>;
  readonly transportClock?: Clock;
}

export async function startWireServer(
  handler: Handler,
  options: WireServerOptions = {},
): Promise<WireServer> {
  const requests: WireRequest[] = [];
  let connections = 0;
  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const request = await readRequest(message);
      requests.push(request);
      await handler(request, response);
    } catch {
      response.destroy();
    }
  }
  const server = createServer((message, response) => {
    void answer(message, response);
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const access: ClusterAccess = {
    server: url,
    namespace: 'default',
    skipTlsVerify: false,
    credentials: () => Promise.resolve({ headers: {}, tls: {} }),
    ...options.access,
  };
  const { transportClock } = options;
  const transport = createTransport(access, {
    userAgent: 'test/1',
    ...(transportClock === undefined ? {} : { clock: transportClock }),
  });
  return {
    url,
    transport,
    client: createClient(transport, options),
    requests,
    get connections() {
      return connections;
    },
    cut: () => server.closeAllConnections(),
    [Symbol.asyncDispose]: async () => {
      await transport.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function readRequest(message: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const url = new URL(message.url ?? '/', 'http://server');
  return {
    method: message.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: message.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

export function json(
  response: ServerResponse,
  value: unknown,
  code = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

export function status(response: ServerResponse, code: number, reason: string, extra: object = {}): void {
  json(
    response,
    { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: `${reason}!`, ...extra },
    code,
  );
}

/** One line of a watch. */
export function event(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}

export function bookmark(resourceVersion: string, initialEventsEnd = false): string {
  const annotations = initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  return event('BOOKMARK', { kind: 'ConfigMap', metadata: { resourceVersion, ...annotations } });
}

export function configMap(
  name: string,
  resourceVersion: string,
  data: Record<string, string> = {},
): KubeObject & { data: Record<string, string> } {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion },
    data,
  };
}
