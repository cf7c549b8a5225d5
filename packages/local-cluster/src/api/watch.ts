import type { ServerResponse } from 'node:http';
import type { KubeObject } from '../objects.ts';
import type { Served } from '../resources/resource.ts';
import { badRequest, expired } from '../status.ts';
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

/** Streams changes until the client leaves or the time is up. */
export function watch({ store }: Objects, request: WatchRequest, response: ServerResponse): void {
  const { served, namespace, query, view } = request;
  const test = objectTest(query, served);
  const since = startOf(query);
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();

  let isFirst = true;
  const send = (type: string, object: unknown): void => {
    response.write(`${JSON.stringify({ type, object })}\n`);
    if (response.writableLength > longestBacklogBytes) response.destroy();
  };
  const emit = (type: string, object: KubeObject): void => {
    send(type, view.event(object, isFirst));
    isFirst = false;
  };
  const bookmark = (annotations?: Record<string, string>): void =>
    send('BOOKMARK', {
      ...view.bookmark,
      metadata: { resourceVersion: String(store.revision), annotations },
    });
  const isWanted = (object: KubeObject | undefined): object is KubeObject =>
    object !== undefined &&
    (namespace === undefined || object.metadata.namespace === namespace) &&
    test(object);
  const onChange = (change: Change): void => {
    if (change.resource !== served.key) return;
    const { type, object, previous } = change;
    if (type !== 'DELETED' && isWanted(object)) emit(isWanted(previous) ? 'MODIFIED' : 'ADDED', object);
    else if (isWanted(previous)) {
      const { resourceVersion } = object.metadata;
      const last = { ...previous, metadata: { ...previous.metadata, resourceVersion } };
      emit('DELETED', type === 'DELETED' ? object : last);
    }
  };

  if (since !== undefined && (since < store.oldestRevision || since > store.revision)) {
    send('ERROR', expired(String(since), store.oldestRevision).toStatus());
    response.end();
    return;
  }
  if (since === undefined) {
    for (const object of store.list(served.key, namespace)) if (test(object)) emit('ADDED', object);
    if (query.get('sendInitialEvents') === 'true') bookmark({ 'k8s.io/initial-events-end': 'true' });
  } else for (const change of store.changesAfter(since)) onChange(change);

  const unsubscribe = store.subscribe(onChange);
  const wantsBookmarks = query.get('allowWatchBookmarks') === 'true';
  const ticker = wantsBookmarks ? setInterval(bookmark, bookmarkEveryMilliseconds) : undefined;
  const seconds = Math.min(Number(query.get('timeoutSeconds')) || longestWatchSeconds, longestWatchSeconds);
  const deadline = setTimeout(() => response.end(), seconds * 1000);
  response.on('close', () => {
    unsubscribe();
    clearInterval(ticker);
    clearTimeout(deadline);
  });
}

/** The revision to continue after; undefined means: the present state first. */
function startOf(query: URLSearchParams): number | undefined {
  const version = query.get('resourceVersion') ?? '';
  if (version === '' || version === '0' || query.get('sendInitialEvents') === 'true') return undefined;
  if (!/^\d+$/.test(version))
    throw badRequest(`resourceVersion: Invalid value: ${JSON.stringify(version)}: invalid syntax`);
  return Number(version);
}
