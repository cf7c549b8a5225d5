import { strict as assert } from 'node:assert';
import { fieldsAt, textAt } from '../json.ts';
import { configMap, ok, refused, type Behaviour } from './context.ts';

/** Reading and writing single objects, lists and selectors, errors. */
export const objectBehaviours: readonly Behaviour[] = [
  {
    name: 'create sets uid, creationTimestamp and resourceVersion; twice is AlreadyExists',
    check: async ({ api, path, namespace }) => {
      const made = ok(await api.post(path('configmaps'), configMap('a', { x: '1' })), 201);
      const metadata = fieldsAt(made, 'metadata');
      assert.equal(metadata['namespace'], namespace);
      assert.match(textAt(metadata, 'uid'), /^[0-9a-f-]{36}$/);
      assert.match(textAt(metadata, 'creationTimestamp'), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.match(textAt(metadata, 'resourceVersion'), /^\d+$/);
      refused(
        await api.post(path('configmaps'), configMap('a')),
        409,
        'AlreadyExists',
        /^configmaps "a" already exists$/,
      );
    },
  },
  {
    name: 'generateName makes a name; no name at all is refused',
    check: async ({ api, path }) => {
      const made = ok(await api.post(path('configmaps'), { metadata: { generateName: 'gen-' } }), 201);
      assert.match(textAt(made, 'metadata', 'name'), /^gen-[a-z0-9]{5}$/);
      const fields = refused(
        await api.post(path('configmaps'), { data: {} }),
        422,
        'Invalid',
        /name or generateName is required/,
      );
      assert.deepEqual(fields, ['metadata.name']);
    },
  },
  {
    name: 'names and labels are checked',
    check: async ({ api, path }) => {
      const fields = refused(
        await api.post(path('configmaps'), configMap('Bad_Name')),
        422,
        'Invalid',
        /ConfigMap "Bad_Name" is invalid: metadata\.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain/,
      );
      assert.deepEqual(fields, ['metadata.name']);
      const labelled = { metadata: { name: 'l', labels: { a: 'not ok' } } };
      refused(
        await api.post(path('configmaps'), labelled),
        422,
        'Invalid',
        /metadata\.labels: Invalid value: "not ok"/,
      );
    },
  },
  {
    name: 'reading what is not there is NotFound, with the name in details',
    check: async ({ api, path }) => {
      const answer = await api.get(path('configmaps', 'nope'));
      refused(answer, 404, 'NotFound', /^configmaps "nope" not found$/);
      assert.deepEqual(answer.body['details'], { name: 'nope', kind: 'configmaps' });
      refused(await api.delete(path('configmaps', 'nope')), 404, 'NotFound');
      refused(await api.patch(path('configmaps', 'nope'), 'merge', {}), 404, 'NotFound');
      refused(await api.get('/api/v1/unheardofs'), 404, 'NotFound', /could not find the requested resource/);
      refused(
        await api.post('/api/v1/namespaces/no-such-namespace/configmaps', configMap('a')),
        404,
        'NotFound',
        /namespaces "no-such-namespace" not found/,
      );
    },
  },
  {
    name: 'bodies of the wrong shape are BadRequest or UnsupportedMediaType',
    check: async ({ api, path }) => {
      refused(await api.post(path('configmaps'), '{bad'), 400, 'BadRequest');
      refused(
        await api.post(path('configmaps'), { metadata: { name: 'x' }, data: { a: 1 } }),
        400,
        'BadRequest',
        /cannot be handled as a ConfigMap: json: cannot unmarshal/,
      );
      refused(
        await api.post(path('secrets'), { metadata: { name: 'x' }, data: { a: '<none>' } }),
        400,
        'BadRequest',
        /illegal base64 data/,
      );
      refused(
        await api.send('POST', path('configmaps'), 'x', { 'content-type': 'text/plain' }),
        415,
        'UnsupportedMediaType',
      );
      refused(
        await api.post(path('configmaps'), { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } }),
        400,
        'BadRequest',
        /cannot be handled as a ConfigMap/,
      );
      refused(
        await api.post(path('configmaps'), { metadata: { name: 'x', namespace: 'other' } }),
        400,
        'BadRequest',
        /does not match the namespace sent on the request/,
      );
      refused(
        await api.put(path('configmaps', 'x'), configMap('y')),
        400,
        'BadRequest',
        /does not match the name on the URL/,
      );
      refused(await api.send('POST', path('configmaps', 'x'), {}), 405, 'MethodNotAllowed');
      assert.equal(
        (await api.post(path('configmaps'), configMap('big', { x: 'y'.repeat(4_000_000) }))).code,
        413,
      );
    },
  },
  {
    name: 'fieldValidation: Strict refuses unknown fields, Warn names them, Ignore drops them',
    check: async ({ api, path }) => {
      const body = { metadata: { name: 'v' }, daat: { a: '1' } };
      refused(
        await api.post(`${path('configmaps')}?fieldValidation=Strict`, body),
        400,
        'BadRequest',
        /strict decoding error: unknown field "daat"/,
      );
      const warned = await api.post(`${path('configmaps')}?fieldValidation=Warn`, body);
      ok(warned, 201);
      assert.deepEqual(warned.warnings, ['299 - "unknown field \\"daat\\""']);
      assert.ok(!('daat' in warned.body));
      await api.delete(path('configmaps', 'v'));
      const ignored = await api.post(`${path('configmaps')}?fieldValidation=Ignore`, body);
      ok(ignored, 201);
      assert.deepEqual(ignored.warnings, []);
    },
  },
  {
    name: 'an update with an old resourceVersion is a Conflict; one without changes nothing',
    check: async ({ api, path }) => {
      const first = ok(await api.post(path('configmaps'), configMap('c', { x: '1' })), 201);
      const second = ok(await api.put(path('configmaps', 'c'), { ...first, data: { x: '2' } }));
      assert.notEqual(
        textAt(second, 'metadata', 'resourceVersion'),
        textAt(first, 'metadata', 'resourceVersion'),
      );
      refused(
        await api.put(path('configmaps', 'c'), { ...first, data: { x: '3' } }),
        409,
        'Conflict',
        /the object has been modified/,
      );
      const same = ok(await api.put(path('configmaps', 'c'), second));
      assert.equal(
        textAt(same, 'metadata', 'resourceVersion'),
        textAt(second, 'metadata', 'resourceVersion'),
      );
    },
  },
];
