import type { ServerResponse } from 'node:http';
import type { KubeObject } from '../objects.ts';
import type { Served } from '../resources/registry.ts';
import { apiVersionOf } from '../resources/resource.ts';
import { badRequest, expired, invalid } from '../status.ts';
import type { Change } from '../storage/store.ts';
import type { Objects } from './objects.ts';
import { objectTest } from './selectors.ts';
import type { View } from './view.ts';

export interface WatchRequest {
  readonly served: Served;
  readonly namespace: string | undefined;
  readonly query: URLSearchParams;
  readonly view: View;
}

const bookmarkEveryMilliseconds = 60_000;
const longestWatchSeconds = 3600;
/** A client that reads slower than this much behind is dropped; it comes back with its resourceVersion. */
const longestBacklogBytes = 64 * 1024 * 1024;
const encoded = new WeakMap<KubeObject, Map<string, string>>();

/** Streams changes until the client leaves or the time is up. */
export function watch(objects: Objects, request: WatchRequest, response: ServerResponse): void {
  const { served, namespace, query, view } = request;
  const test = objectTest(query, served.resource);
  const isWanted = (object: KubeObject): boolean =>
    (namespace === undefined || object.metadata.namespace === namespace) && test(object);
  const collection = objects.collection(served);
  const since = startOf(query);
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();

  let isFirst = true;
  const emit = (type: string, object: KubeObject): void => {
    response.write(
      view.isPlain
        ? plainEvent(type, object, served)
        : `${JSON.stringify({ type, object: view.event(object, isFirst) })}\n`,
    );
    isFirst = false;
    if (response.writableLength > longestBacklogBytes) response.destroy();
  };
  const bookmark = (annotations?: Record<string, string>): void => {
    const metadata = {
      resourceVersion: String(objects.store.revision),
      ...(annotations ? { annotations } : {}),
    };
    const kind = view.isPlain
      ? { kind: served.resource.kind, apiVersion: apiVersionOf(served.resource, served.version.name) }
      : view.list([], '');
    response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { ...kind, metadata } })}\n`);
  };
  const onChange = ({ type, object, previous }: Change): void => {
    const isNow = type !== 'DELETED' && isWanted(object);
    const wasBefore = previous !== undefined && isWanted(previous);
    if (isNow) emit(wasBefore ? 'MODIFIED' : 'ADDED', object);
    else if (wasBefore)
      emit(
        'DELETED',
        type === 'DELETED'
          ? object
          : {
              ...previous,
              metadata: { ...previous.metadata, resourceVersion: object.metadata.resourceVersion },
            },
      );
  };

  if (since !== undefined && (since < collection.oldestRevision || since > objects.store.revision)) {
    const object = expired(String(since), collection.oldestRevision).toStatus();
    response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
    return;
  }
  if (since === undefined) {
    for (const object of collection.list(namespace)) if (test(object)) emit('ADDED', object);
    if (query.get('sendInitialEvents') === 'true') bookmark({ 'k8s.io/initial-events-end': 'true' });
  } else for (const change of collection.changesAfter(since)) onChange(change);

  const unsubscribe = collection.subscribe(onChange);
  const wantsBookmarks = query.get('allowWatchBookmarks') === 'true';
  const ticker = wantsBookmarks ? setInterval(bookmark, bookmarkEveryMilliseconds) : undefined;
  const seconds = Math.min(Number(query.get('timeoutSeconds')) || longestWatchSeconds, longestWatchSeconds);
  const deadline = setTimeout(() => {
    if (wantsBookmarks) bookmark();
    response.end();
  }, seconds * 1000);
  response.on('close', () => {
    unsubscribe();
    clearInterval(ticker);
    clearTimeout(deadline);
  });
}

/** The revision to continue after; undefined means: the present state first. */
function startOf(query: URLSearchParams): number | undefined {
  const version = query.get('resourceVersion') ?? '';
  if (query.get('sendInitialEvents') === 'true') {
    if (query.get('resourceVersionMatch') === 'NotOlderThan') return undefined;
    const message = 'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
    const cause = { reason: 'FieldValueForbidden', message, field: 'resourceVersionMatch' };
    throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [cause]);
  }
  if (version === '' || version === '0') return undefined;
  if (!/^\d+$/.test(version))
    throw badRequest(`resourceVersion: Invalid value: ${JSON.stringify(version)}: invalid syntax`);
  return Number(version);
}

function plainEvent(type: string, object: KubeObject, served: Served): string {
  const apiVersion = apiVersionOf(served.resource, served.version.name);
  let texts = encoded.get(object);
  if (!texts) encoded.set(object, (texts = new Map()));
  let text = texts.get(apiVersion);
  if (text === undefined) texts.set(apiVersion, (text = JSON.stringify({ ...object, apiVersion })));
  return `{"type":"${type}","object":${text}}\n`;
}
