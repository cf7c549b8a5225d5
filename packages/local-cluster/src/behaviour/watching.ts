import { strict as assert } from 'node:assert';
import { textAt, valueAt } from '../json.ts';
import type { Stream } from './connection.ts';
import { configMap, ok, type Behaviour } from './context.ts';

async function take(stream: Stream, count: number): Promise<string[]> {
  const seen: string[] = [];
  while (seen.length < count) {
    const event = await stream.next();
    if (!event) break;
    if (event.type === 'BOOKMARK') continue;
    seen.push(`${event.type} ${textAt(event.object, 'metadata', 'name')}`);
  }
  return seen;
}

/** Watches: where they start, what they send, how they end. */
export const watchBehaviours: readonly Behaviour[] = [
  {
    name: 'a watch from a list sees every later change in order',
    check: async ({ api, path }) => {
      ok(await api.post(path('secrets'), { metadata: { name: 'before' } }), 201);
      const list = ok(await api.get(path('secrets')));
      const stream = api.watch(
        `${path('secrets')}?watch=1&resourceVersion=${textAt(list, 'metadata', 'resourceVersion')}`,
      );
      ok(await api.post(path('secrets'), { metadata: { name: 'w' } }), 201);
      ok(await api.patch(path('secrets', 'w'), 'merge', { data: { a: 'Yg==' } }));
      ok(await api.delete(path('secrets', 'w')));
      assert.deepEqual(await take(stream, 3), ['ADDED w', 'MODIFIED w', 'DELETED w']);
      stream.close();
    },
  },
  {
    name: 'a watch without resourceVersion begins with what there is',
    check: async ({ api, path }) => {
      ok(await api.post(path('secrets'), { metadata: { name: 'w' } }), 201);
      const stream = api.watch(`${path('secrets')}?watch=1`);
      assert.deepEqual(await take(stream, 1), ['ADDED w']);
      stream.close();
    },
  },
  {
    name: 'sendInitialEvents: the present state, then a bookmark that says so',
    check: async ({ api, path }) => {
      ok(await api.post(path('secrets'), { metadata: { name: 'w' } }), 201);
      const query =
        'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
      const stream = api.watch(`${path('secrets')}?${query}`);
      const added = await stream.next();
      const bookmark = await stream.next();
      assert.equal(added?.type, 'ADDED');
      assert.equal(bookmark?.type, 'BOOKMARK');
      assert.equal(valueAt(bookmark.object, 'metadata', 'annotations', 'k8s.io/initial-events-end'), 'true');
      assert.match(textAt(bookmark.object, 'metadata', 'resourceVersion'), /^\d+$/);
      assert.equal(bookmark.object['kind'], 'Secret');
      stream.close();
    },
  },
  {
    name: 'a selector turns changes into ADDED and DELETED',
    check: async ({ api, path }) => {
      const list = ok(await api.get(path('secrets')));
      const from = `resourceVersion=${textAt(list, 'metadata', 'resourceVersion')}`;
      const stream = api.watch(`${path('secrets')}?watch=1&labelSelector=on%3Dyes&${from}`);
      ok(await api.post(path('secrets'), { metadata: { name: 'w' } }), 201);
      ok(await api.patch(path('secrets', 'w'), 'merge', { metadata: { labels: { on: 'yes' } } }));
      ok(await api.patch(path('secrets', 'w'), 'merge', { metadata: { labels: { on: null } } }));
      assert.deepEqual(await take(stream, 2), ['ADDED w', 'DELETED w']);
      stream.close();
    },
  },
  {
    name: 'too old a resourceVersion is Expired; timeoutSeconds ends a watch',
    check: async ({ api, path }) => {
      const stream = api.watch(`${path('widgets')}?watch=1&resourceVersion=1`);
      const event = await stream.next();
      assert.equal(event?.type, 'ERROR');
      assert.deepEqual([event.object['code'], event.object['reason']], [410, 'Expired']);
      const short = api.watch(`${path('secrets')}?watch=1&timeoutSeconds=1`);
      assert.equal(await short.next(), undefined);
    },
  },
  {
    name: 'a field selector narrows a watch to one name; Table events carry rows',
    check: async ({ api, path }) => {
      const accept = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
      const stream = api.watch(`${path('configmaps')}?watch=1&fieldSelector=metadata.name%3Done`, accept);
      ok(await api.post(path('configmaps'), configMap('two')), 201);
      ok(await api.post(path('configmaps'), configMap('one')), 201);
      const event = await stream.next();
      assert.deepEqual([event?.type, event?.object['kind']], ['ADDED', 'Table']);
      assert.equal(JSON.stringify(event?.object['rows']).includes('"one"'), true);
      stream.close();
    },
  },
];
