import type {
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  ListOptions,
  LogOptions,
  Patch,
  WatchOptions,
  WriteOptions,
} from './client-options.ts';
import type { KubeObject, ObjectRef } from './object.ts';
import { apiVersionOf, resourcePath, type ResourceKind } from './resource-kind.ts';
import type { TransportRequest } from './transport.ts';

/** A request, and whether sending it twice is the same as sending it once. */
export interface Call {
  readonly request: TransportRequest;
  readonly idempotent: boolean;
}

export interface WriteTarget {
  readonly kind: ResourceKind;
  readonly subresource?: 'status';
}

const PODS: ResourceKind = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };

export function getCall(kind: ResourceKind, ref: ObjectRef, options: CallOptions = {}): Call {
  return {
    idempotent: true,
    request: { ...callOptions(options), method: 'GET', path: resourcePath(kind, ref) },
  };
}

export function listCall(
  kind: ResourceKind,
  options: ListOptions,
  page: { readonly size: number; readonly token?: string },
): Call {
  const { labelSelector, fieldSelector, resourceVersion, namespace } = options;
  const query = stringQuery({
    labelSelector,
    fieldSelector,
    limit: page.size === 0 ? undefined : page.size,
    continue: page.token,
    // The API server refuses a resource version beside a continue token, which holds its own.
    resourceVersion: page.token === undefined ? resourceVersion : undefined,
  });
  const path = resourcePath(kind, { namespace });
  return { idempotent: true, request: { ...callOptions(options), method: 'GET', path, query } };
}

export function createCall(kind: ResourceKind, object: KubeObject, options: WriteOptions = {}): Call {
  const path = resourcePath(kind, { namespace: creationNamespace(kind, object) });
  const request = write(
    { method: 'POST', path, contentType: 'application/json', body: withTypeMeta(kind, object) },
    options,
  );
  return { idempotent: false, request };
}

export function updateCall(
  { kind, subresource }: WriteTarget,
  object: KubeObject,
  options: WriteOptions = {},
): Call {
  const path = resourcePath(kind, { ...refOf(object), subresource });
  const request = write(
    { method: 'PUT', path, contentType: 'application/json', body: withTypeMeta(kind, object) },
    options,
  );
  return { idempotent: true, request };
}

export function patchCall(
  { kind, subresource }: WriteTarget,
  ref: ObjectRef,
  patch: Patch,
  options: WriteOptions = {},
): Call {
  const path = resourcePath(kind, { name: ref.name, namespace: ref.namespace, subresource });
  const body = patch.type === 'json' ? patch.operations : patch.value;
  const contentType = `application/${patch.type}-patch+json`;
  const request = write({ method: 'PATCH', path, contentType, body }, options);
  return { idempotent: patch.type === 'merge', request };
}

export function applyCall(
  { kind, subresource }: WriteTarget,
  object: KubeObject,
  options: ApplyOptions,
): Call {
  const path = resourcePath(kind, { ...refOf(object), subresource });
  // JSON is YAML; there is no JSON media type for applies before Kubernetes 1.34.
  const contentType = 'application/apply-patch+yaml';
  const request = write({ method: 'PATCH', path, contentType, body: withTypeMeta(kind, object) }, options);
  return {
    idempotent: true,
    request: { ...request, query: { ...request.query, force: String(options.force ?? false) } },
  };
}

export function deleteCall(kind: ResourceKind, ref: ObjectRef, options: DeleteOptions = {}): Call {
  const { propagationPolicy, gracePeriodSeconds, preconditions } = options;
  const body = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy,
    gracePeriodSeconds,
    preconditions,
  };
  const request = write(
    { method: 'DELETE', path: resourcePath(kind, ref), contentType: 'application/json', body },
    options,
  );
  return { idempotent: true, request };
}

export function watchCall(kind: ResourceKind, options: WatchOptions): Call {
  const { labelSelector, fieldSelector, resourceVersion, timeoutSeconds, namespace } = options;
  const initial = options.sendInitialEvents === true;
  const query = stringQuery({
    labelSelector,
    fieldSelector,
    watch: true,
    allowWatchBookmarks: true,
    resourceVersion,
    timeoutSeconds,
    sendInitialEvents: initial || undefined,
    resourceVersionMatch: initial ? 'NotOlderThan' : undefined,
  });
  const path = resourcePath(kind, { namespace });
  return { idempotent: true, request: { ...callOptions(options), method: 'GET', path, query } };
}

export function logCall(pod: ObjectRef, options: LogOptions = {}): Call {
  const { signal: _signal, timeoutMilliseconds: _timeout, ...query } = options;
  const path = resourcePath(PODS, { name: pod.name, namespace: pod.namespace, subresource: 'log' });
  const request = {
    ...callOptions(options),
    method: 'GET',
    path,
    query: stringQuery(query),
    headers: { accept: '*/*' },
  } as const;
  return { idempotent: true, request };
}

interface Write {
  readonly method: TransportRequest['method'];
  readonly path: string;
  readonly contentType: string;
  readonly body: unknown;
}

function write({ method, path, contentType, body }: Write, options: WriteOptions): TransportRequest {
  const { fieldManager, fieldValidation, dryRun } = options;
  return {
    ...callOptions(options),
    method,
    path,
    query: stringQuery({ fieldManager, fieldValidation, dryRun: dryRun === true ? 'All' : undefined }),
    headers: { 'content-type': contentType },
    body: JSON.stringify(body),
  };
}

function refOf({ metadata }: KubeObject): ObjectRef {
  return { name: metadata.name, namespace: metadata.namespace };
}

/** A collection path without a namespace exists (it lists all), but nothing can be created there. */
function creationNamespace(kind: ResourceKind, { metadata }: KubeObject): string | undefined {
  if (kind.namespaced && !metadata.namespace) {
    throw new TypeError(`${kind.kind} ${metadata.name} is namespaced, but no namespace was given`);
  }
  return metadata.namespace;
}

function withTypeMeta(kind: ResourceKind, object: KubeObject): KubeObject {
  return { ...object, apiVersion: object.apiVersion ?? apiVersionOf(kind), kind: object.kind ?? kind.kind };
}

function callOptions({ signal, timeoutMilliseconds }: CallOptions): CallOptions {
  return {
    ...(signal === undefined ? {} : { signal }),
    ...(timeoutMilliseconds === undefined ? {} : { timeoutMilliseconds }),
  };
}

function stringQuery(
  values: Readonly<Record<string, string | number | boolean | undefined>>,
): Record<string, string> {
  const present = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(present.map(([name, value]) => [name, String(value)]));
}
