import { strict as assert } from 'node:assert';
import { fieldsAt, listAt, textAt, valueAt, type Fields } from '../json.ts';
import { ok, refused, type Behaviour } from './context.ts';
import { widget } from './widget.ts';

function managers(object: Fields): string[] {
  return listAt(object, 'metadata', 'managedFields')
    .map(
      (entry) =>
        `${textAt(entry, 'manager')} ${textAt(entry, 'operation')}${textAt(entry, 'subresource') ? ` ${textAt(entry, 'subresource')}` : ''}`,
    )
    .sort();
}

function ownedBy(object: Fields, manager: string): Fields {
  return fieldsAt(
    listAt(object, 'metadata', 'managedFields').find((entry) => valueAt(entry, 'manager') === manager),
    'fieldsV1',
  );
}

const map = (data: Fields | undefined, metadata: Fields = {}): Fields => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', ...metadata },
  data,
});

const deployment = (containers: unknown): Fields => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd' },
  spec: {
    replicas: 0,
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers } },
  },
});

/** Server-side apply and who owns what. */
export const applyBehaviours: readonly Behaviour[] = [
  {
    name: 'apply creates, then changes; fields dropped from the set are removed',
    check: async ({ api, path }) => {
      const made = ok(await api.apply(path('configmaps', 'a'), 'm', map({ x: '1', y: '2' })), 201);
      assert.deepEqual(managers(made), ['m Apply']);
      assert.deepEqual(ownedBy(made, 'm'), { 'f:data': { 'f:x': {}, 'f:y': {} } });
      const changed = ok(await api.apply(path('configmaps', 'a'), 'm', map({ x: '3' })));
      assert.deepEqual(changed['data'], { x: '3' });
    },
  },
  {
    name: 'the same apply again changes nothing',
    check: async ({ api, path }) => {
      const first = ok(await api.apply(path('configmaps', 'a'), 'm', map({ x: '1' })), 201);
      const second = ok(await api.apply(path('configmaps', 'a'), 'm', map({ x: '1' })));
      assert.deepEqual(second, first);
    },
  },
  {
    name: "another manager's field conflicts unless forced; equal values are shared",
    check: async ({ api, path }) => {
      ok(await api.apply(path('configmaps', 'a'), 'one', map({ x: '1', y: '1' })), 201);
      const answer = await api.apply(path('configmaps', 'a'), 'two', map({ x: '2' }));
      const fields = refused(
        answer,
        409,
        'Conflict',
        /^Apply failed with 1 conflict: conflict with "one": \.data\.x$/,
      );
      assert.deepEqual(fields, ['.data.x']);
      const shared = ok(await api.apply(path('configmaps', 'a'), 'two', map({ x: '1' })));
      assert.deepEqual(managers(shared), ['one Apply', 'two Apply']);
      const forced = ok(await api.apply(path('configmaps', 'a'), 'two', map({ x: '2' }), true));
      assert.deepEqual(ownedBy(forced, 'one'), { 'f:data': { 'f:y': {} } });
      assert.deepEqual(forced['data'], { x: '2', y: '1' });
    },
  },
  {
    name: 'a field that someone else also owns stays when dropped',
    check: async ({ api, path }) => {
      ok(await api.apply(path('configmaps', 'a'), 'one', map({ x: '1', y: '1' })), 201);
      ok(await api.apply(path('configmaps', 'a'), 'two', map({ x: '1' })));
      const dropped = ok(await api.apply(path('configmaps', 'a'), 'one', map({ y: '1' })));
      assert.deepEqual(dropped['data'], { x: '1', y: '1' });
    },
  },
  {
    name: 'an ordinary update takes ownership from an applier; its next apply conflicts',
    check: async ({ api, path }) => {
      ok(await api.apply(path('configmaps', 'a'), 'one', map({ x: '1', y: '1' })), 201);
      const patched = ok(
        await api.patch(`${path('configmaps', 'a')}?fieldManager=editor`, 'merge', { data: { x: '9' } }),
      );
      assert.deepEqual(managers(patched), ['editor Update', 'one Apply']);
      assert.deepEqual(ownedBy(patched, 'one'), { 'f:data': { 'f:y': {} } });
      refused(
        await api.apply(path('configmaps', 'a'), 'one', map({ x: '1', y: '1' })),
        409,
        'Conflict',
        /conflict with "editor" using v1: \.data\.x/,
      );
    },
  },
  {
    name: 'managedFields can be handed from one manager to another, or forgotten',
    check: async ({ api, path }) => {
      const made = ok(await api.apply(path('configmaps', 'a'), 'old', map({ x: '1' })), 201);
      const [entry] = listAt(made, 'metadata', 'managedFields');
      const handed = [{ ...fieldsAt({ entry }, 'entry'), manager: 'new' }];
      const hand = [{ op: 'replace', path: '/metadata/managedFields', value: handed }];
      assert.deepEqual(managers(ok(await api.patch(path('configmaps', 'a'), 'json', hand))), ['new Apply']);
      const changed = ok(await api.apply(path('configmaps', 'a'), 'new', map({ y: '2' })));
      assert.deepEqual(changed['data'], { y: '2' });
      const forget = [{ op: 'replace', path: '/metadata/managedFields', value: [{}] }];
      assert.deepEqual(managers(ok(await api.patch(path('configmaps', 'a'), 'json', forget))), []);
    },
  },
  {
    name: 'labels, annotations and finalizers are owned one by one',
    check: async ({ api, path }) => {
      ok(
        await api.apply(
          path('configmaps', 'a'),
          'one',
          map(undefined, { labels: { a: '1' }, finalizers: ['x.test/one'] }),
        ),
        201,
      );
      const second = ok(
        await api.apply(
          path('configmaps', 'a'),
          'two',
          map(undefined, { labels: { b: '2' }, finalizers: ['x.test/two'] }),
        ),
      );
      assert.deepEqual(valueAt(second, 'metadata', 'labels'), { a: '1', b: '2' });
      assert.deepEqual(listAt(second, 'metadata', 'finalizers').map(String).sort(), [
        'x.test/one',
        'x.test/two',
      ]);
      const third = ok(await api.apply(path('configmaps', 'a'), 'one', map(undefined)));
      assert.deepEqual(valueAt(third, 'metadata', 'labels'), { b: '2' });
      assert.deepEqual(valueAt(third, 'metadata', 'finalizers'), ['x.test/two']);
      ok(await api.apply(path('configmaps', 'a'), 'two', map(undefined)));
    },
  },
  {
    name: 'lists with keys merge by key; an item goes with its owner',
    check: async ({ api, path }) => {
      const main = {
        name: 'main',
        image: 'i:1',
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
        ports: [{ containerPort: 80 }],
      };
      ok(
        await api.apply(path('deployments', 'd'), 'one', deployment([main, { name: 'side', image: 'i:1' }])),
        201,
      );
      const other = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'd' },
        spec: { template: { spec: { containers: [{ name: 'main', env: [{ name: 'C', value: '3' }] }] } } },
      };
      ok(await api.apply(path('deployments', 'd'), 'two', other));
      const changed = ok(
        await api.apply(
          path('deployments', 'd'),
          'one',
          deployment([{ ...main, env: [{ name: 'A', value: '1' }] }]),
        ),
      );
      const containers = listAt(changed, 'spec', 'template', 'spec', 'containers');
      assert.deepEqual(
        containers.map((c) => valueAt(c, 'name')),
        ['main'],
      );
      assert.deepEqual(
        listAt(containers[0], 'env')
          .map((e) => textAt(e, 'name'))
          .sort(),
        ['A', 'C'],
      );
      assert.deepEqual(valueAt(changed, 'metadata', 'generation'), 3);
    },
  },
  {
    name: 'custom resources: keyed lists, sets, and atomic lists by x-kubernetes-list-type',
    check: async ({ api, path }) => {
      const first = widget('w', {
        size: 'small',
        items: [{ name: 'a' }, { name: 'b' }],
        tags: ['x', 'y'],
        plain: ['p', 'q'],
      });
      ok(await api.apply(path('widgets', 'w'), 'one', first), 201);
      const both = ok(
        await api.apply(path('widgets', 'w'), 'two', widget('w', { items: [{ name: 'c' }], tags: ['z'] })),
      );
      assert.deepEqual(
        listAt(both, 'spec', 'items').map((item) => valueAt(item, 'name')),
        ['a', 'b', 'c'],
      );
      assert.deepEqual(valueAt(both, 'spec', 'tags'), ['x', 'y', 'z']);
      const fields = refused(
        await api.apply(path('widgets', 'w'), 'two', widget('w', { plain: ['r'] })),
        409,
        'Conflict',
      );
      assert.deepEqual(fields, ['.spec.plain']);
      const less = ok(
        await api.apply(
          path('widgets', 'w'),
          'one',
          widget('w', { size: 'small', items: [{ name: 'b' }], tags: ['y'] }),
        ),
      );
      assert.deepEqual(
        listAt(less, 'spec', 'items').map((item) => valueAt(item, 'name')),
        ['b', 'c'],
      );
      assert.deepEqual(
        [valueAt(less, 'spec', 'tags'), valueAt(less, 'spec', 'plain')],
        [['y', 'z'], undefined],
      );
    },
  },
  {
    name: 'status is applied apart from the rest, under its subresource',
    check: async ({ api, path }) => {
      ok(await api.apply(path('widgets', 'w'), 'user', widget('w', { size: 'small' })), 201);
      const condition = { type: 'Ready', status: 'True' };
      const status = { ...widget('w'), spec: undefined, status: { conditions: [condition] } };
      const applied = ok(await api.apply(`${path('widgets', 'w')}/status`, 'controller', status));
      assert.deepEqual(valueAt(applied, 'status', 'conditions'), [condition]);
      assert.equal(valueAt(applied, 'metadata', 'generation'), 1);
      assert.deepEqual(managers(applied), ['controller Apply status', 'user Apply']);
      const again = ok(
        await api.apply(path('widgets', 'w'), 'user', { ...widget('w', { size: 'small' }), status: {} }),
      );
      assert.deepEqual(valueAt(again, 'status', 'conditions'), [condition]);
      const answer = await api.apply(path('widgets', 'w'), '', widget('w'));
      refused(answer, 422, 'Invalid', /fieldManager: Required value: is required for apply patch/);
    },
  },
];
