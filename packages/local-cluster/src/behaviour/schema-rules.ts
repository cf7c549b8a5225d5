import { strict as assert } from 'node:assert';
import { listAt, textAt } from '../json.ts';
import { ok, refused, type Behaviour } from './context.ts';
import { widget } from './widget.ts';

/** What the schema of a custom resource refuses: by its keywords, and by its CEL rules. */
export const schemaRuleBehaviours: readonly Behaviour[] = [
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
