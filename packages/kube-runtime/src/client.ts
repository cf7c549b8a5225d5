import type {
  Applied,
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  ListOptions,
  LogOptions,
  Patch,
  WatchOptions,
  WriteOptions,
} from './client-options.ts';
import * as calls from './client-requests.ts';
import { systemClock, systemRandom, type Clock, type Random } from './clock.ts';
import { decodeList, decodeObject, decodeSuccess, throwUnlessSuccess, type ObjectList } from './decode.ts';
import { isGone } from './errors.ts';
import type { KubeObject, ObjectRef } from './object.ts';
import { apiVersionOf, type ResourceKind } from './resource-kind.ts';
import { defaultRetryPolicy, withRetries, type RetryPolicy } from './retry.ts';
import type { StreamResponse, TextResponse, Transport, TransportRequest } from './transport.ts';
import type { WatchEvent } from './watch-event.ts';
import { watchEvents } from './watch-stream.ts';

/** Typed calls to one API server. Every method throws KubeApiError, KubeConnectionError or MalformedResponseError. */
export interface KubeClient {
  get<T extends KubeObject>(kind: ResourceKind<T>, ref: ObjectRef, options?: CallOptions): Promise<T>;
  /** All pages, with the resource version from which to watch on. */
  list<T extends KubeObject>(kind: ResourceKind<T>, options?: ListOptions): Promise<ObjectList<T>>;
  create<T extends KubeObject>(kind: ResourceKind<T>, object: Applied<T>, options?: WriteOptions): Promise<T>;
  /** Replaces the object; with a resourceVersion in it, only if it is still that version. */
  update<T extends KubeObject>(kind: ResourceKind<T>, object: Applied<T>, options?: WriteOptions): Promise<T>;
  updateStatus<T extends KubeObject>(
    kind: ResourceKind<T>,
    object: Applied<T>,
    options?: WriteOptions,
  ): Promise<T>;
  patch<T extends KubeObject>(
    kind: ResourceKind<T>,
    ref: ObjectRef,
    patch: Patch,
    options?: WriteOptions,
  ): Promise<T>;
  patchStatus<T extends KubeObject>(
    kind: ResourceKind<T>,
    ref: ObjectRef,
    patch: Patch,
    options?: WriteOptions,
  ): Promise<T>;
  /** Server-side apply: creates the object or brings our fields in it to these values. */
  apply<T extends KubeObject>(kind: ResourceKind<T>, object: Applied<T>, options: ApplyOptions): Promise<T>;
  applyStatus<T extends KubeObject>(
    kind: ResourceKind<T>,
    object: Applied<T>,
    options: ApplyOptions,
  ): Promise<T>;
  delete(kind: ResourceKind, ref: ObjectRef, options?: DeleteOptions): Promise<void>;
  /** Ends when the server ends it; not repeated by itself (that is Reflector's work). */
  watch<T extends KubeObject>(kind: ResourceKind<T>, options?: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** Text as it comes, not cut into lines. */
  logs(pod: ObjectRef, options?: LogOptions): AsyncIterable<string>;
  /** Any path, such as `/readyz` or `/version`, as text. */
  raw(request: TransportRequest): Promise<TextResponse>;
}

export interface ClientOptions {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly retryPolicy?: RetryPolicy;
}

const PAGE_SIZE = 500;

export function createClient(transport: Transport, clientOptions: ClientOptions = {}): KubeClient {
  const {
    clock = systemClock,
    random = systemRandom,
    retryPolicy: policy = defaultRetryPolicy,
  } = clientOptions;

  function run<T>(
    { request, idempotent }: calls.Call,
    decode: (what: string, response: TextResponse) => T,
  ): Promise<T> {
    const what = nameOf(request);
    const context = { clock, random, policy, idempotent, signal: request.signal };
    return withRetries(context, async () => decode(what, await transport.send(request)));
  }

  /** The kind's type is the caller's word: only the shape that all objects share is checked. */
  function object<T extends KubeObject>(_kind: ResourceKind<T>, call: calls.Call): Promise<T> {
    return run(call, (what, response) => decodeObject(what, response) as T);
  }

  async function pages<T extends KubeObject>(
    kind: ResourceKind<T>,
    options: ListOptions,
    size: number,
  ): Promise<ObjectList<T>> {
    const typeMeta = { apiVersion: apiVersionOf(kind), kind: kind.kind };
    const items: T[] = [];
    for (let token: string | undefined; ;) {
      const call = calls.listCall(kind, options, { size, ...(token === undefined ? {} : { token }) });
      const page = await run(call, (what, response) => decodeList(what, response, typeMeta));
      items.push(...(page.items as readonly T[]));
      token = page.continueToken;
      if (token === undefined) return { resourceVersion: page.resourceVersion, items };
    }
  }

  async function open(request: TransportRequest): Promise<StreamResponse['body']> {
    const response = await transport.stream(request);
    if (response.status >= 200 && response.status < 300) return response.body;
    const text = await textOf(response.body);
    throwUnlessSuccess(nameOf(request), response, text);
    return response.body;
  }

  return {
    get: (kind, ref, options) => object(kind, calls.getCall(kind, ref, options)),
    list: async (kind, options = {}) => {
      const size = options.pageSize ?? PAGE_SIZE;
      try {
        return await pages(kind, options, size);
      } catch (error) {
        // The pages' version expired while we read them: once more, in one piece.
        if (!isGone(error) || size === 0) throw error;
        return pages(kind, options, 0);
      }
    },
    create: (kind, value, options) => object(kind, calls.createCall(kind, value, options)),
    update: (kind, value, options) => object(kind, calls.updateCall({ kind }, value, options)),
    updateStatus: (kind, value, options) =>
      object(kind, calls.updateCall({ kind, subresource: 'status' }, value, options)),
    patch: (kind, ref, patch, options) => object(kind, calls.patchCall({ kind }, ref, patch, options)),
    patchStatus: (kind, ref, patch, options) =>
      object(kind, calls.patchCall({ kind, subresource: 'status' }, ref, patch, options)),
    apply: (kind, value, options) => object(kind, calls.applyCall({ kind }, value, options)),
    applyStatus: (kind, value, options) =>
      object(kind, calls.applyCall({ kind, subresource: 'status' }, value, options)),
    delete: (kind, ref, options) =>
      run(calls.deleteCall(kind, ref, options), (what, response) => void decodeSuccess(what, response)),
    watch: async function* <T extends KubeObject>(kind: ResourceKind<T>, options: WatchOptions = {}) {
      const { request } = calls.watchCall(kind, options);
      yield* watchEvents(`watch ${request.path}`, await open(request)) as AsyncIterable<WatchEvent<T>>;
    },
    logs: async function* (pod, options) {
      const decoder = new TextDecoder();
      const body = await open(calls.logCall(pod, options).request);
      for await (const chunk of body) yield decoder.decode(chunk, { stream: true });
    },
    raw: (request) =>
      run({ request, idempotent: request.method === 'GET' }, (what, response) => {
        throwUnlessSuccess(what, response, response.body);
        return response;
      }),
  };
}

function nameOf({ method, path }: TransportRequest): string {
  return `${method} ${path}`;
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
