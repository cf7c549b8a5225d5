import { strict as assert } from 'node:assert';
import { fieldsAt, listAt, textAt, valueAt } from '../json.ts';
import { eventually } from './connection.ts';
import { ok, refused, type Behaviour } from './context.ts';
import { widget } from './widget.ts';

/** Custom resources: discovery, defaults, pruning, versions, subresources, columns. */
export const customBehaviours: readonly Behaviour[] = [
  {
    name: 'a definition becomes Established and is discovered',
    check: async ({ api }) => {
      const definition = ok(
        await api.get('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.behaviour.test'),
      );
      const conditions = listAt(definition, 'status', 'conditions').map(
        (c) => `${textAt(c, 'type')}=${textAt(c, 'status')}`,
      );
      assert.deepEqual(conditions.sort(), ['Established=True', 'NamesAccepted=True']);
      assert.deepEqual(valueAt(definition, 'status', 'storedVersions'), ['v1beta1']);
      const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
      const resource = await eventually('discovery', async () => {
        const groups = listAt(ok(await api.get('/apis', { accept })), 'items');
        const group = groups.find((g) => textAt(g, 'metadata', 'name') === 'behaviour.test');
        return listAt(listAt(group, 'versions')[0], 'resources')[0];
      });
      assert.equal(textAt(resource, 'resource'), 'widgets');
      const names = listAt(resource, 'subresources').map((sub) => textAt(sub, 'subresource'));
      assert.deepEqual(names.sort(), ['scale', 'status']);
    },
  },
  {
    name: 'defaults are filled in and unknown fields pruned, except where the schema is open',
    check: async ({ api, path }) => {
      const body = widget('w', { items: [{ name: 'a' }], free: { any: { thing: 1 } }, nope: 1 });
      const made = await api.post(path('widgets'), body);
      assert.deepEqual(valueAt(ok(made, 201), 'spec'), {
        items: [{ name: 'a', strength: '1.0' }],
        free: { any: { thing: 1 } },
        replicas: 1,
      });
      assert.deepEqual(made.warnings, ['299 - "unknown field \\"spec.nope\\""']);
      const strict = await api.post(
        `${path('widgets')}?fieldValidation=Strict`,
        widget('x', { items: [{ name: 'a', y: 2 }], nope: 1 }),
      );
      refused(
        strict,
        400,
        'BadRequest',
        /strict decoding error: unknown field "spec\.items\[0\]\.y", unknown field "spec\.nope"/,
      );
    },
  },
  {
    name: 'both versions show the same object',
    check: async ({ api, path }) => {
      const made = ok(await api.post(path('widgets'), widget('w', { size: 'small' })), 201);
      const old = path('widgets', 'w').replace('v1beta1', 'v1alpha1');
      const shown = ok(await api.get(old));
      assert.equal(shown['apiVersion'], 'behaviour.test/v1alpha1');
      assert.deepEqual(shown['spec'], made['spec']);
      ok(await api.patch(old, 'merge', { spec: { mode: 'a' } }));
      assert.equal(valueAt(ok(await api.get(path('widgets', 'w'))), 'spec', 'mode'), 'a');
    },
  },
  {
    name: 'status is written only through its subresource; generation counts changes of the rest',
    check: async ({ api, path }) => {
      const made = ok(await api.post(path('widgets'), { ...widget('w'), status: { replicas: 3 } }), 201);
      assert.equal(made['status'], undefined);
      const status = ok(
        await api.patch(`${path('widgets', 'w')}/status`, 'merge', {
          status: { replicas: 3 },
          spec: { mode: 'a' },
          metadata: { labels: { a: 'b' }, finalizers: ['x.test/hold'] },
        }),
      );
      assert.deepEqual(
        [status['status'], valueAt(status, 'spec', 'mode'), valueAt(status, 'metadata', 'generation')],
        [{ replicas: 3 }, undefined, 1],
      );
      const { labels, finalizers } = fieldsAt(status, 'metadata');
      assert.deepEqual([labels, finalizers], [undefined, undefined]);
      const spec = ok(
        await api.patch(path('widgets', 'w'), 'merge', { status: { replicas: 9 }, spec: { mode: 'a' } }),
      );
      assert.deepEqual([spec['status'], valueAt(spec, 'metadata', 'generation')], [{ replicas: 3 }, 2]);
      const labelled = ok(
        await api.patch(path('widgets', 'w'), 'merge', { metadata: { labels: { a: 'b' } } }),
      );
      assert.equal(valueAt(labelled, 'metadata', 'generation'), 2);
    },
  },
  {
    name: 'a replacement needs a resourceVersion; strategic patches are not for custom resources',
    check: async ({ api, path }) => {
      ok(await api.post(path('widgets'), widget('w')), 201);
      const fields = refused(
        await api.put(path('widgets', 'w'), widget('w')),
        422,
        'Invalid',
        /metadata\.resourceVersion: Invalid value: .*: must be specified for an update/,
      );
      assert.deepEqual(fields, ['metadata.resourceVersion']);
      refused(await api.patch(path('widgets', 'w'), 'strategic', {}), 415, 'UnsupportedMediaType');
    },
  },
  {
    name: 'printer columns and scale follow the definition',
    check: async ({ api, path }) => {
      ok(await api.post(path('widgets'), widget('w', { size: 'small', replicas: 2 })), 201);
      ok(
        await api.patch(`${path('widgets', 'w')}/status`, 'merge', {
          status: { replicas: 1, selector: 'a=b', conditions: [{ type: 'Ready', status: 'True' }] },
        }),
      );
      const table = ok(
        await api.get(path('widgets'), { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }),
      );
      assert.deepEqual(
        listAt(table, 'columnDefinitions').map((c) => [textAt(c, 'name'), valueAt(c, 'priority')]),
        [
          ['Name', 0],
          ['Size', 0],
          ['Ready', 0],
          ['Mode', 1],
          ['Age', 0],
        ],
      );
      assert.deepEqual(listAt(listAt(table, 'rows')[0], 'cells').slice(0, 4), ['w', 'small', 'True', null]);
      const scale = ok(await api.get(`${path('widgets', 'w')}/scale`));
      assert.deepEqual(
        [valueAt(scale, 'spec'), valueAt(scale, 'status')],
        [{ replicas: 2 }, { replicas: 1, selector: 'a=b' }],
      );
      ok(await api.patch(`${path('widgets', 'w')}/scale`, 'merge', { spec: { replicas: 3 } }));
      assert.equal(valueAt(ok(await api.get(path('widgets', 'w'))), 'spec', 'replicas'), 3);
    },
  },
];
