import { strict as assert } from 'node:assert';
import { fieldsAt, listAt, textAt, valueAt } from '../json.ts';
import { eventually } from './connection.ts';
import { ok, refused, type Behaviour } from './context.ts';
import { widget } from './widget.ts';

/** Custom resources: schema, defaults, pruning, CEL, versions, subresources, columns. */
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
    name: 'schema faults are Invalid with one cause per field',
    check: async ({ api, path }) => {
      const spec = {
        size: 'huge',
        replicas: 12,
        mode: 'bbbb',
        items: [{ name: 'a' }, { name: '' }],
        port: 1,
      };
      const answer = await api.post(path('widgets'), widget('w', spec));
      const fields = refused(answer, 422, 'Invalid', /^Widget\.behaviour\.test "w" is invalid: \[/);
      const wanted = ['spec.items[1].name', 'spec.mode', 'spec.replicas', 'spec.size'];
      assert.deepEqual(fields.filter((field) => wanted.includes(field)).sort(), wanted);
      const messages = listAt(answer.body, 'details', 'causes').map(
        (cause) => `${textAt(cause, 'field')}: ${textAt(cause, 'message')}`,
      );
      for (const message of [
        'spec.size: Unsupported value: "huge": supported values: "small", "large"',
        'spec.replicas: Invalid value: 12: spec.replicas in body should be less than or equal to 9',
        'spec.items[1].name: Invalid value: "": spec.items[1].name in body should be at least 1 chars long',
        'spec.mode: Too long: may not be more than 3 bytes',
      ])
        assert.ok(messages.includes(message), `${message} is not in ${messages.join('\n')}`);
    },
  },
  {
    name: 'wrong types, missing fields, duplicate keys and set members',
    check: async ({ api, path }) => {
      const typed = refused(
        await api.post(path('widgets'), widget('w', { mode: 5 })),
        422,
        'Invalid',
        /spec\.mode: Invalid value: "integer": spec\.mode in body must be of type string: "integer"/,
      );
      assert.ok(typed.includes('spec.mode'));
      refused(
        await api.post(path('widgets'), { ...widget('w'), spec: undefined }),
        422,
        'Invalid',
        /spec: Required value/,
      );
      refused(
        await api.post(path('widgets'), widget('w', { items: [{ name: 'a' }, { name: 'a' }] })),
        422,
        'Invalid',
        /spec\.items\[1\]: Duplicate value: \{"name":"a"\}/,
      );
      refused(
        await api.post(path('widgets'), widget('w', { tags: ['a', 'a'] })),
        422,
        'Invalid',
        /spec\.tags\[1\]: Duplicate value: "a"/,
      );
      refused(
        await api.post(
          path('widgets'),
          widget('w', { items: ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name })) }),
        ),
        422,
        'Invalid',
        /spec\.items: Too many: 5: must have at most 4 items/,
      );
    },
  },
  {
    name: 'CEL rules refuse with their message, path and reason',
    check: async ({ api, path }) => {
      const spec = {
        replicas: 7,
        extra: 'E',
        mode: 'a',
        items: [
          { name: 'a', strength: '2' },
          { name: 'b', strength: 'abc' },
        ],
      };
      const answer = await api.post(path('widgets'), widget('w', spec));
      const fields = refused(answer, 422, 'Invalid');
      assert.deepEqual([...fields].sort(), [
        'spec',
        'spec.items[0].strength',
        'spec.items[1].strength',
        'spec.replicas',
      ]);
      const byField = new Map(listAt(answer.body, 'details', 'causes').map((c) => [textAt(c, 'field'), c]));
      assert.equal(
        textAt(byField.get('spec.items[0].strength'), 'message'),
        'Invalid value: "string": strength must be between 0 and 1',
      );
      assert.equal(textAt(byField.get('spec'), 'message'), 'Invalid value: "object": extra and mode: E');
      assert.deepEqual(
        [textAt(byField.get('spec.replicas'), 'reason'), textAt(byField.get('spec.replicas'), 'message')],
        ['FieldValueForbidden', 'Forbidden: too many replicas'],
      );
      assert.match(
        textAt(byField.get('spec.items[1].strength'), 'message'),
        /evaluating rule: strength must be between 0 and 1$/,
      );
    },
  },
  {
    name: 'rules are evaluated beside faults of value, but not beside faults of type, length or presence',
    check: async ({ api, path }) => {
      const value = refused(
        await api.post(path('widgets'), widget('w', { mode: 'b', extra: 'E' })),
        422,
        'Invalid',
      );
      assert.deepEqual([...value].sort(), ['spec', 'spec.mode']);
      const length = await api.post(path('widgets'), widget('w', { mode: 'aaaa', extra: 'E' }));
      const fields = refused(
        length,
        422,
        'Invalid',
        /some validation rules were not checked because the object was invalid/,
      );
      assert.deepEqual([...fields].sort(), ['<nil>', 'spec.mode']);
    },
  },
  {
    name: 'transition rules see the old object, and only on update',
    check: async ({ api, path }) => {
      ok(await api.post(path('widgets'), widget('w', { size: 'small' })), 201);
      const fields = refused(
        await api.patch(path('widgets', 'w'), 'merge', { spec: { size: 'large' } }),
        422,
        'Invalid',
        /size is immutable/,
      );
      assert.deepEqual(fields, ['spec']);
      ok(await api.patch(path('widgets', 'w'), 'merge', { spec: { mode: 'aa' } }));
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
  {
    name: 'a definition with a rule that does not compile is refused',
    check: async ({ api }) => {
      const schema = {
        type: 'object',
        properties: {
          spec: {
            type: 'object',
            'x-kubernetes-validations': [{ rule: 'self.x ==', message: 'm' }],
            properties: { x: { type: 'string' } },
          },
        },
      };
      const definition = {
        metadata: { name: 'things.broken.test' },
        spec: {
          group: 'broken.test',
          scope: 'Namespaced',
          names: { plural: 'things', kind: 'Thing' },
          versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
        },
      };
      const fields = refused(
        await api.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition),
        422,
        'Invalid',
        /compilation failed/,
      );
      assert.deepEqual(fields, [
        'spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule',
      ]);
    },
  },
];
