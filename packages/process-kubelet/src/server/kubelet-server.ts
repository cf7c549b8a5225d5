import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ContainerLog } from '../logs/container-log.ts';
import { readLog, type LogQuery } from '../logs/read-log.ts';
import type { Pod } from '../pod/pod.ts';
import type { ServingCertificate } from './certificate.ts';

export interface KubeletServerOptions {
  readonly address: string;
  readonly port: number;
  readonly certificate: ServingCertificate;
  readonly pods: () => readonly Pod[];
  /** Where a container's log is, or why there is none. */
  readonly log: (request: LogRequest) => LogSource | { readonly problem: string };
  readonly now: () => number;
}

export interface LogRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly previous: boolean;
}

export interface LogSource {
  readonly path: string;
  readonly live: ContainerLog | undefined;
}

export interface KubeletServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves logs to the API server. It asks for no client certificate, so whoever reaches the address can read logs: keep
 * it on loopback, or on a network that only the control plane reaches.
 */
export async function startKubeletServer(options: KubeletServerOptions): Promise<KubeletServer> {
  const { certificate, privateKey } = options.certificate;
  const server = createServer({ cert: certificate, key: privateKey }, (request, response) => {
    void answer(request, response, options);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.address, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: async () => close(server) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: KubeletServerOptions,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://node');
  const [first = '', namespace, pod, container] = url.pathname.split('/').slice(1).map(decodeURIComponent);
  if (first === 'healthz') return text(response, 200, 'ok');
  if (first === 'pods') {
    const list = { apiVersion: 'v1', kind: 'PodList', metadata: {}, items: options.pods() };
    response.setHeader('content-type', 'application/json');
    return text(response, 200, JSON.stringify(list));
  }
  if (first === 'containerLogs' && namespace !== undefined && pod !== undefined && container !== undefined) {
    return answerLog(
      { namespace, pod, container, previous: url.searchParams.get('previous') === 'true' },
      {
        query: logQuery(url.searchParams, options.now()),
        response,
        options,
      },
    );
  }
  if (['exec', 'attach', 'portForward', 'run'].includes(first)) {
    return text(
      response,
      501,
      `process-kubelet does not serve ${first}; its containers are processes of this host\n`,
    );
  }
  return text(response, 404, 'not found\n');
}

async function answerLog(
  request: LogRequest,
  {
    query,
    response,
    options,
  }: { readonly query: LogQuery; readonly response: ServerResponse; readonly options: KubeletServerOptions },
): Promise<void> {
  const source = options.log(request);
  if ('problem' in source) return text(response, 404, `${source.problem}\n`);
  const left = new AbortController();
  response.on('close', () => left.abort());
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  // Headers go out at once, so that a follower of a silent container is not kept waiting for them.
  response.flushHeaders();
  try {
    await readLog(source.path, query, {
      live: source.live,
      sink: { write: (line) => void response.write(line), signal: left.signal },
    });
  } finally {
    response.end();
  }
}

function logQuery(parameters: URLSearchParams, now: number): LogQuery {
  const number = (name: string): number | undefined => {
    const value = Number(parameters.get(name) ?? Number.NaN);
    return Number.isFinite(value) && value >= 0 ? value : undefined;
  };
  const tailLines = number('tailLines');
  const sinceSeconds = number('sinceSeconds');
  const sinceTime = Date.parse(parameters.get('sinceTime') ?? '');
  const since = sinceSeconds === undefined ? sinceTime : now - sinceSeconds * 1000;
  const limitBytes = number('limitBytes');
  return {
    follow: parameters.get('follow') === 'true',
    timestamps: parameters.get('timestamps') === 'true',
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(Number.isNaN(since) ? {} : { since }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
  };
}

function text(response: ServerResponse, status: number, body: string): void {
  response.statusCode = status;
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end(body);
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
