import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Engine } from '../engines/engine.ts';
import { failureClasses, LauncherError } from '../failure/failure.ts';
import type { Phase } from '../state/machine.ts';
import type { LauncherStatus } from '../state/status.ts';
import { canaryHeader } from './headers.ts';
import { createMetrics } from './metrics.ts';
import { sendError, sendJson } from './openai-error.ts';
import { forward, type Exchange, type Upstream } from './proxy.ts';
import { routeMatcher } from './routes.ts';

/** What the gateway asks of the launcher at every request; it holds no state of its own but the requests in flight. */
export interface GatewayOptions {
  readonly engine: Engine;
  /** Secret of this process that lets the canary through before readiness. */
  readonly canaryToken: string;
  readonly phase: () => Phase;
  readonly started: () => boolean;
  readonly status: () => LauncherStatus;
  /** False while a served runtime does not answer its health checks. */
  readonly healthy: () => boolean;
  /** True during the moment after SIGTERM in which late requests are still served. */
  readonly admitsWhileDraining: () => boolean;
  readonly upstream: () => Upstream | undefined;
}

export interface Gateway {
  listen(address: string, port: number): Promise<AddressInfo>;
  inFlight(): number;
  observePhase(phase: Phase): void;
  /** Resolves when no request is in flight, at the latest when the signal aborts. */
  idle(signal: AbortSignal): Promise<void>;
  close(): void;
}

const retryAfterSeconds = 5;

export function createGateway(options: GatewayOptions): Gateway {
  const active = new Set<ServerResponse>();
  const idleWaiters = new Set<() => void>();
  const metrics = createMetrics(() => active.size);
  const match = routeMatcher(options.engine.routes);
  const own = ownPaths();
  const server = createServer(
    {
      // Receiving a request may take this long; answering it may take as long as the model needs.
      requestTimeout: 300_000,
      headersTimeout: 60_000,
      // Longer than the idle time of common load balancers, which otherwise meet a closing connection.
      keepAliveTimeout: 72_000,
    },
    (request, response) => {
      void answer(request, response);
    },
  );

  return {
    listen: (address, port) => listen(server, address, port),
    inFlight: () => active.size,
    observePhase: (phase) => metrics.observePhase(phase),
    idle,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const isRead = reads.has(request.method ?? 'GET');
    const handler = isRead ? own.get(path) : undefined;
    if (handler !== undefined) {
      await handler(response);
      return;
    }
    const method = askedMethod(request);
    const isModelList = path === '/v1/models' && reads.has(method);
    if (isModelList && isRead && (options.engine.modelList === 'launcher' || !isServing())) {
      sendModels(response);
      return;
    }
    const found = isModelList ? modelListRoute : match(method, path);
    if (found.kind === 'found') await proxy({ request, response, route: found.route });
    else refusePath(response, { path, found });
  }

  async function proxy(exchange: Exchange): Promise<void> {
    const { request, response, route } = exchange;
    const upstream = options.upstream();
    const isCanary = request.headers[canaryHeader] === options.canaryToken;
    if (upstream === undefined || !(isServing() || isCanary)) {
      refuseUntilReady(exchange);
      return;
    }
    const started = performance.now();
    active.add(response);
    const outcome = await forward(options.engine, upstream, exchange);
    if (response.writableFinished || response.destroyed) leave();
    else response.once('close', leave);

    function leave(): void {
      active.delete(response);
      const seconds = (performance.now() - started) / 1000;
      metrics.observeRequest({ route: route.path, outcome: outcome.kind, status: outcome.status, seconds });
      if (active.size === 0) for (const wake of idleWaiters) wake();
    }
  }

  function isServing(): boolean {
    const phase = options.phase();
    return phase === 'ready' || (phase === 'draining' && options.started() && options.admitsWhileDraining());
  }

  function ownPaths(): ReadonlyMap<string, (response: ServerResponse) => void | Promise<void>> {
    return new Map<string, (response: ServerResponse) => void | Promise<void>>([
      ['/livez', (response) => sendJson(response, 200, { body: '{"status":"alive"}' })],
      ['/readyz', (response) => probe(response, isReady())],
      ['/health', (response) => probe(response, isReady())],
      ['/startupz', (response) => probe(response, options.started())],
      ['/status', (response) => sendJson(response, 200, { body: JSON.stringify(options.status()) })],
      ['/metrics', sendMetrics],
    ]);
  }

  function isReady(): boolean {
    return options.phase() === 'ready' && options.healthy();
  }

  /** The body tells a person who reads the probe's event why it failed. */
  function probe(response: ServerResponse, isOk: boolean): void {
    const { phase, progress, failure } = options.status();
    const reason = phase === 'ready' && !isOk ? 'the runtime does not answer its health checks' : progress;
    sendJson(response, isOk ? 200 : 503, {
      body: JSON.stringify({ phase, reason, failure: failure?.message }),
    });
  }

  async function sendMetrics(response: ServerResponse): Promise<void> {
    const upstream = options.upstream();
    const path = options.engine.metricsPath;
    const source =
      upstream === undefined || path === undefined ? undefined : { client: upstream.client, path };
    const text = await metrics.render(source);
    response.writeHead(200, { 'content-type': metrics.contentType });
    response.end(text);
  }

  function sendModels(response: ServerResponse): void {
    const data = options
      .status()
      .servedModels.map((id) => ({ id, object: 'model', created: 0, owned_by: 'kaito' }));
    sendJson(response, 200, { body: JSON.stringify({ object: 'list', data }) });
  }

  function refuseUntilReady({ request, response }: Exchange): void {
    const { phase, progress } = options.status();
    const isEnding = phase === 'draining' || phase === 'failed';
    request.resume();
    sendError(response, {
      status: 503,
      message: isEnding
        ? `this replica is ${phase}`
        : `the model is not ready yet: ${phase}${progress === undefined ? '' : `, ${progress}`}`,
      type: isEnding ? 'server_stopping' : 'server_starting',
      code: isEnding ? 'server_stopping' : 'server_starting',
      retryAfterSeconds,
      closeConnection: isEnding,
    });
  }

  async function idle(signal: AbortSignal): Promise<void> {
    if (active.size === 0 || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    idleWaiters.add(resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    idleWaiters.delete(resolve);
  }
}

/** A browser asks with OPTIONS whether it may send another method; that is the runtime's to answer. */
function askedMethod({ method = 'GET', headers }: IncomingMessage): string {
  return method === 'OPTIONS' ? (headers['access-control-request-method'] ?? method) : method;
}

const reads: ReadonlySet<string> = new Set(['GET', 'HEAD']);

const modelListRoute = {
  kind: 'found',
  route: { method: 'GET', path: '/v1/models', namesModel: false },
} as const;

function refusePath(
  response: ServerResponse,
  {
    path,
    found,
  }: { path: string; found: Exclude<ReturnType<ReturnType<typeof routeMatcher>>, { kind: 'found' }> },
): void {
  if (found.kind === 'methodNotAllowed') {
    response.setHeader('allow', found.allowed.join(', '));
    sendError(response, {
      status: 405,
      message: `${path} takes ${found.allowed.join(', ')}`,
      type: 'invalid_request_error',
      code: 'method_not_allowed',
    });
    return;
  }
  sendError(response, {
    status: 404,
    message: `${path} is not served here`,
    type: 'invalid_request_error',
    code: 'path_not_exposed',
  });
}

async function listen(server: Server, address: string, port: number): Promise<AddressInfo> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host: address, port, backlog: 2048 }, resolve);
  try {
    await promise;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new LauncherError(
      code === 'EADDRINUSE' ? failureClasses.portInUse : failureClasses.launcherFault,
      `cannot listen on ${address}:${port}: ${(error as Error).message}`,
      { hint: 'another process holds this address and port', cause: error },
    );
  }
  return server.address() as AddressInfo;
}
