import type { Dispatcher } from 'undici';
import { systemClock, type Clock } from './clock.ts';
import { createConnectionPools, type ConnectionPools } from './connection-pools.ts';
import { DeadlineError, KubeConnectionError } from './errors.ts';
import type { ClusterAccess } from './kubeconfig.ts';

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
  /** Until the whole answer is there (or, of a stream, its headers). Default 30 s. */
  readonly timeoutMilliseconds?: number;
}

export interface TransportResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface TextResponse extends TransportResponse {
  readonly body: string;
}

export interface StreamResponse extends TransportResponse {
  /** Ends or throws KubeConnectionError; breaking out of the loop closes the connection. */
  readonly body: AsyncIterable<Buffer>;
}

/** One API server's connections: HTTP with authentication, nothing of Kubernetes' objects. */
export interface Transport {
  readonly server: string;
  send(request: TransportRequest): Promise<TextResponse>;
  stream(request: TransportRequest): Promise<StreamResponse>;
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly userAgent: string;
  /** Requests in flight at once; streams do not count. Default 32. */
  readonly connections?: number;
  readonly clock?: Clock;
}

const REQUEST_TIMEOUT_MILLISECONDS = 30_000;
/** undici's codes for a connection that was never made. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Pooled connections to one API server, rebuilt when the TLS material changes. */
export function createTransport(access: ClusterAccess, options: TransportOptions): Transport {
  const clock = options.clock ?? systemClock;
  const pools = createConnectionPools(access, options.connections ?? 32);

  async function dispatch(
    kind: keyof ConnectionPools,
    request: TransportRequest,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    for (let renew = false; ; renew = true) {
      const { headers, tls } = await unlessAborted(signal, access.credentials({ renew }));
      const pool = pools.for(tls)[kind];
      const asked = pool.request({
        origin: new URL(access.server).origin,
        path: pathWithQuery(access.server, request),
        method: request.method,
        headers: {
          accept: 'application/json',
          'user-agent': options.userAgent,
          ...headers,
          ...request.headers,
        },
        body: request.body ?? null,
        signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      const response = await asked.catch((error: unknown) => {
        if (isConnectionFailure(error, signal)) pools.retire(kind, pool);
        throw error;
      });
      if (response.statusCode !== 401 || renew) return response;
      await response.body.dump();
    }
  }

  async function withDeadline<T>(
    request: TransportRequest,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    request.signal?.throwIfAborted();
    const controller = new AbortController();
    const milliseconds = request.timeoutMilliseconds ?? REQUEST_TIMEOUT_MILLISECONDS;
    const timer = clock.setTimeout(
      () => controller.abort(new DeadlineError(`no complete answer within ${milliseconds} ms`)),
      milliseconds,
    );
    const abort = (): void => controller.abort(request.signal?.reason);
    request.signal?.addEventListener('abort', abort, { once: true });
    try {
      return await work(controller.signal);
    } catch (error) {
      if (request.signal?.aborted === true) throw request.signal.reason;
      throw connectionError(request, error);
    } finally {
      timer.cancel();
      request.signal?.removeEventListener('abort', abort);
    }
  }

  return {
    server: access.server,
    send: (request) =>
      withDeadline(request, async (signal) => {
        const { statusCode, headers, body } = await dispatch('requests', request, signal);
        return { status: statusCode, headers, body: await body.text() };
      }),
    stream: async (request) => {
      const end = new AbortController();
      const { statusCode, headers, body } = await withDeadline(request, (signal) => {
        signal.addEventListener('abort', () => end.abort(signal.reason), { once: true });
        return dispatch('streams', request, end.signal);
      });
      return { status: statusCode, headers, body: chunks(request, body, end) };
    },
    close: () => pools.close(),
  };
}

/** An exec plugin that hangs must not hang the request beyond its deadline. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function* chunks(
  request: TransportRequest,
  body: AsyncIterable<Buffer>,
  end: AbortController,
): AsyncGenerator<Buffer> {
  const abort = (): void => end.abort(request.signal?.reason);
  request.signal?.addEventListener('abort', abort, { once: true });
  if (request.signal?.aborted === true) abort();
  try {
    yield* body;
  } catch (error) {
    if (request.signal?.aborted === true) throw request.signal.reason;
    throw connectionError(request, error);
  } finally {
    request.signal?.removeEventListener('abort', abort);
    end.abort();
  }
}

function pathWithQuery(server: string, { path, query }: TransportRequest): string {
  const prefix = new URL(server).pathname.replace(/\/+$/, '');
  const search = new URLSearchParams(query).toString();
  return `${prefix}${path}${search === '' ? '' : `?${search}`}`;
}

/** A caller who gives up says nothing about the connection; a deadline that passes does. */
function isConnectionFailure(error: unknown, { aborted, reason }: AbortSignal): boolean {
  if (aborted) return reason instanceof DeadlineError;
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

function connectionError(request: TransportRequest, cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const { code: given, name } = cause as { readonly code?: unknown; readonly name?: unknown };
  // undici's parser leaves the code out when the bytes are no HTTP at all.
  const code = typeof given === 'string' ? given : name === 'HTTPParserError' ? 'HTTP_PARSER' : undefined;
  // Without a code it is no error of the network but of this program (or of reading the credentials).
  if (code === undefined || code === 'KUBECONFIG') return cause;
  return new KubeConnectionError(`${request.method} ${request.path}`, code, {
    cause,
    maybeSent: !NEVER_SENT.has(code),
  });
}
