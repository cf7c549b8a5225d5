import { KubeApiError, MalformedResponseError, type KubeStatus } from './errors.ts';
import type { KubeObject } from './object.ts';
import type { TextResponse, TransportResponse } from './transport.ts';

export interface ObjectList<Object extends KubeObject = KubeObject> {
  readonly resourceVersion: string;
  readonly items: readonly Object[];
  readonly continueToken?: string;
}

/** The object in a successful answer; throws KubeApiError or MalformedResponseError otherwise. */
export function decodeObject(request: string, response: TextResponse): KubeObject {
  const value = decodeSuccess(request, response);
  if (!isObject(value)) throw new MalformedResponseError(request, 'is no Kubernetes object');
  return value;
}

/** List items lack apiVersion and kind on the wire; `typeMeta` puts them back. */
export function decodeList(
  request: string,
  response: TextResponse,
  typeMeta: { readonly apiVersion: string; readonly kind: string },
): ObjectList {
  const value = decodeSuccess(request, response);
  // An empty list may be `null` when a Go server has never filled it.
  const items = value['items'] ?? [];
  const metadata = value['metadata'];
  if (!Array.isArray(items) || !isRecord(metadata) || !items.every(isObject)) {
    throw new MalformedResponseError(request, 'is no list of Kubernetes objects');
  }
  const continueToken = metadata['continue'];
  return {
    resourceVersion: typeof metadata['resourceVersion'] === 'string' ? metadata['resourceVersion'] : '',
    items: items.map((item) => Object.assign(item, typeMeta)),
    ...(typeof continueToken === 'string' && continueToken !== '' ? { continueToken } : {}),
  };
}

/** The JSON map in a successful answer. */
export function decodeSuccess(request: string, response: TextResponse): Record<string, unknown> {
  throwUnlessSuccess(request, response, response.body);
  let value: unknown;
  try {
    value = JSON.parse(response.body);
  } catch (cause) {
    throw new MalformedResponseError(request, `is not JSON: ${excerpt(response.body)}`, cause);
  }
  if (!isRecord(value)) throw new MalformedResponseError(request, `is no map: ${excerpt(response.body)}`);
  return value;
}

export function throwUnlessSuccess(request: string, response: TransportResponse, body: string): void {
  if (response.status >= 200 && response.status < 300) return;
  throw new KubeApiError(statusOf(parseOrEmpty(body), response, body), request);
}

/** A Status object, from an answer's body or a watch's ERROR event. */
export function statusOf(value: unknown, response: TransportResponse | undefined, text = ''): KubeStatus {
  const status = isRecord(value) && value['kind'] === 'Status' ? value : {};
  const details = isRecord(status['details']) ? status['details'] : {};
  const header = response?.headers['retry-after'];
  const retryAfter =
    typeof details['retryAfterSeconds'] === 'number' ? details['retryAfterSeconds'] : seconds(header);
  return {
    code: response?.status ?? (typeof status['code'] === 'number' ? status['code'] : 500),
    reason: typeof status['reason'] === 'string' ? status['reason'] : '',
    message: typeof status['message'] === 'string' ? status['message'] : excerpt(text) || 'no message',
    causes: Array.isArray(details['causes']) ? details['causes'].filter(isRecord) : [],
    ...(retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter }),
  };
}

/** Negative and absurd values are no reason to wait; dates are not what API servers send. */
function seconds(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,6}$/.test(header.trim()) ? Number(header) : undefined;
}

function parseOrEmpty(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isObject(value: unknown): value is KubeObject {
  if (!isRecord(value) || !isRecord(value['metadata'])) return false;
  const { name, namespace } = value['metadata'];
  return (
    typeof name === 'string' && name !== '' && (namespace === undefined || typeof namespace === 'string')
  );
}

function excerpt(text: string): string {
  return text.length <= 200 ? text.trim() : `${text.slice(0, 200).trim()}…`;
}
