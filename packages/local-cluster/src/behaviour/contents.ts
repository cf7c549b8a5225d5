import { strict as assert } from 'node:assert';
import { fieldsAt, listAt, textAt, valueAt, type Fields } from '../json.ts';
import { configMap, ok, refused, type Behaviour } from './context.ts';

const condition = (type: string, status: string): Fields => ({ type, status });
const status = (...conditions: readonly Fields[]): Fields => ({
  status: { conditions },
  spec: { nodeName: 'other' },
});

/** Patches, lists, defaults, subresources and tables of built-in kinds. */
export const contentBehaviours: readonly Behaviour[] = [
  {
    name: 'merge, JSON and strategic patches',
    check: async ({ api, path }) => {
      ok(await api.post(path('configmaps'), configMap('p', { a: '1', b: '2' })), 201);
      const merged = ok(await api.patch(path('configmaps', 'p'), 'merge', { data: { a: null, c: '3' } }));
      assert.deepEqual(merged['data'], { b: '2', c: '3' });
      const operations = [
        { op: 'test', path: '/data/b', value: '2' },
        { op: 'replace', path: '/data/b', value: '9' },
      ];
      assert.deepEqual(ok(await api.patch(path('configmaps', 'p'), 'json', operations))['data'], {
        b: '9',
        c: '3',
      });
      refused(
        await api.patch(path('configmaps', 'p'), 'json', [{ op: 'test', path: '/data/b', value: 'x' }]),
        422,
        'Invalid',
      );
      assert.deepEqual(
        ok(await api.patch(path('configmaps', 'p'), 'strategic', { data: { $patch: 'replace', z: '1' } }))[
          'data'
        ],
        { z: '1' },
      );
      refused(
        await api.patch(path('configmaps', 'p'), 'merge', { metadata: { resourceVersion: '1' } }),
        409,
        'Conflict',
      );
    },
  },
  {
    name: 'strategic merge goes by the merge keys of lists',
    check: async ({ api, path }) => {
      const containers = [
        { name: 'a', image: 'i:1', env: [{ name: 'X', value: '1' }] },
        { name: 'b', image: 'i:1' },
      ];
      const spec = {
        selector: { matchLabels: { a: 'b' } },
        replicas: 0,
        template: { metadata: { labels: { a: 'b' } }, spec: { containers } },
      };
      ok(await api.post(path('deployments'), { metadata: { name: 's' }, spec }), 201);
      const change = {
        spec: {
          template: {
            spec: {
              containers: [
                { name: 'a', image: 'i:2', env: [{ name: 'Y', value: '2' }] },
                { name: 'b', $patch: 'delete' },
              ],
            },
          },
        },
      };
      const patched = ok(await api.patch(path('deployments', 's'), 'strategic', change));
      const [first, ...others] = listAt(patched, 'spec', 'template', 'spec', 'containers');
      assert.equal(others.length, 0);
      assert.equal(valueAt(first, 'image'), 'i:2');
      assert.deepEqual(
        listAt(first, 'env')
          .map((e) => textAt(e, 'name'))
          .sort(),
        ['X', 'Y'],
      );
    },
  },
  {
    name: "conditions in a pod's status are patched by type; the spec is left alone",
    check: async ({ api, path }) => {
      const pod = {
        metadata: { name: 'p' },
        spec: { nodeName: 'nowhere', containers: [{ name: 'c', image: 'i' }] },
      };
      ok(await api.post(path('pods'), pod), 201);
      const address = `${path('pods', 'p')}/status`;
      ok(
        await api.patch(
          address,
          'strategic',
          status(condition('Ready', 'False'), condition('Initialized', 'True')),
        ),
      );
      const patched = ok(await api.patch(address, 'strategic', status(condition('Ready', 'True'))));
      const shown = listAt(patched, 'status', 'conditions').map(
        (c) => `${textAt(c, 'type')}=${textAt(c, 'status')}`,
      );
      assert.deepEqual(shown.sort(), ['Initialized=True', 'Ready=True']);
      assert.equal(valueAt(patched, 'spec', 'nodeName'), 'nowhere');
      ok(await api.delete(path('pods', 'p'), { gracePeriodSeconds: 0 }));
    },
  },
  {
    name: 'lists take label and field selectors, and leave kind out of built-in items',
    check: async ({ api, path }) => {
      for (const [name, tier] of [
        ['a', 'web'],
        ['b', 'db'],
        ['c', ''],
      ] as const)
        ok(await api.post(path('configmaps'), { metadata: { name, labels: tier ? { tier } : {} } }), 201);
      const names = async (query: string): Promise<string[]> => {
        const list = ok(await api.get(`${path('configmaps')}?${query}`));
        assert.equal(list['kind'], 'ConfigMapList');
        return listAt(list, 'items')
          .map((item) => textAt(item, 'metadata', 'name'))
          .filter((name) => name !== 'kube-root-ca.crt')
          .sort();
      };
      assert.deepEqual(await names('labelSelector=tier%3Dweb'), ['a']);
      assert.deepEqual(await names('labelSelector=tier+in+(web,db)'), ['a', 'b']);
      assert.deepEqual(await names('labelSelector=!tier'), ['c']);
      assert.deepEqual(await names('labelSelector=tier!%3Dweb'), ['b', 'c']);
      assert.deepEqual(await names('labelSelector=tier+notin+(web),tier'), ['b']);
      assert.deepEqual(await names('fieldSelector=metadata.name%3Db'), ['b']);
      const [item] = listAt(ok(await api.get(path('configmaps'))), 'items');
      assert.equal(valueAt(item, 'kind'), undefined);
      refused(await api.get(`${path('configmaps')}?fieldSelector=data.x%3D1`), 400, 'BadRequest', /data\.x/);
      refused(
        await api.get(`${path('configmaps')}?labelSelector=a%3D%3D%3Db`),
        400,
        'BadRequest',
        /unable to parse requirement/,
      );
    },
  },
  {
    name: 'dryRun changes nothing',
    check: async ({ api, path }) => {
      ok(await api.post(`${path('configmaps')}?dryRun=All`, configMap('d')), 201);
      refused(await api.get(path('configmaps', 'd')), 404, 'NotFound');
    },
  },
  {
    name: 'stringData of a Secret becomes data; an immutable one stays',
    check: async ({ api, path }) => {
      const made = ok(
        await api.post(path('secrets'), { metadata: { name: 's' }, immutable: true, stringData: { a: 'b' } }),
        201,
      );
      assert.deepEqual([made['data'], made['type'], 'stringData' in made], [{ a: 'Yg==' }, 'Opaque', false]);
      refused(
        await api.patch(path('secrets', 's'), 'merge', { data: { a: 'Yw==' } }),
        422,
        'Invalid',
        /field is immutable/,
      );
    },
  },
  {
    name: 'pods and deployments get the defaults of the API',
    check: async ({ api, path }) => {
      const container = {
        name: 'c',
        image: 'nginx',
        resources: { limits: { cpu: 1 } },
        ports: [{ containerPort: 80 }],
        readinessProbe: { httpGet: { port: 80 } },
      };
      const spec = {
        selector: { matchLabels: { a: 'b' } },
        replicas: 0,
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [container] } },
      };
      const made = ok(await api.post(path('deployments'), { metadata: { name: 'd' }, spec }), 201);
      assert.deepEqual(valueAt(made, 'spec', 'strategy'), {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' },
      });
      assert.equal(valueAt(made, 'metadata', 'generation'), 1);
      const [first] = listAt(made, 'spec', 'template', 'spec', 'containers');
      assert.deepEqual(first, {
        ...container,
        resources: { limits: { cpu: '1' } },
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        readinessProbe: {
          httpGet: { port: 80, path: '/', scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
        imagePullPolicy: 'Always',
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      });
      const { containers: _containers, ...pod } = fieldsAt(made, 'spec', 'template', 'spec');
      assert.deepEqual(pod, {
        restartPolicy: 'Always',
        terminationGracePeriodSeconds: 30,
        dnsPolicy: 'ClusterFirst',
        securityContext: {},
        schedulerName: 'default-scheduler',
      });
    },
  },
  {
    name: 'a selector must match its template and cannot change',
    check: async ({ api, path }) => {
      const spec = {
        selector: { matchLabels: { a: 'b' } },
        replicas: 0,
        template: { metadata: { labels: { a: 'c' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      };
      const fields = refused(
        await api.post(path('deployments'), { metadata: { name: 'd' }, spec }),
        422,
        'Invalid',
        /`selector` does not match template `labels`/,
      );
      assert.deepEqual(fields, ['spec.template.metadata.labels']);
      ok(
        await api.post(path('deployments'), {
          metadata: { name: 'd' },
          spec: { ...spec, selector: { matchLabels: { a: 'c' } } },
        }),
        201,
      );
      refused(
        await api.patch(path('deployments', 'd'), 'merge', {
          spec: { selector: { matchLabels: { a: 'x' } }, template: { metadata: { labels: { a: 'x' } } } },
        }),
        422,
        'Invalid',
        /field is immutable/,
      );
    },
  },
  {
    name: 'a pod needs a container, and so does the template of one',
    check: async ({ api, path }) => {
      const empty = { containers: [] };
      const pod = await api.post(path('pods'), { metadata: { name: 'p' }, spec: empty });
      assert.deepEqual(refused(pod, 422, 'Invalid', /Required value/), ['spec.containers']);
      const spec = {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: empty },
      };
      const deployment = await api.post(path('deployments'), { metadata: { name: 'd' }, spec });
      assert.deepEqual(refused(deployment, 422, 'Invalid'), ['spec.template.spec.containers']);
    },
  },
  {
    name: 'the scale subresource reads and sets replicas',
    check: async ({ api, path }) => {
      const spec = {
        selector: { matchLabels: { a: 'b' } },
        replicas: 0,
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      };
      ok(await api.post(path('deployments'), { metadata: { name: 'd' }, spec }), 201);
      const scale = ok(await api.get(`${path('deployments', 'd')}/scale`));
      assert.deepEqual(
        [scale['kind'], scale['apiVersion'], valueAt(scale, 'spec', 'replicas')],
        ['Scale', 'autoscaling/v1', undefined],
      );
      assert.equal(valueAt(scale, 'status', 'selector'), 'a=b');
      const scaled = ok(
        await api.patch(`${path('deployments', 'd')}/scale`, 'merge', { spec: { replicas: 2 } }),
      );
      assert.equal(valueAt(scaled, 'spec', 'replicas'), 2);
      assert.equal(valueAt(ok(await api.get(path('deployments', 'd'))), 'spec', 'replicas'), 2);
    },
  },
  {
    name: 'Table output shows columns and cells',
    check: async ({ api, path }) => {
      ok(await api.post(path('configmaps'), configMap('t', { a: '1', b: '2' })), 201);
      const table = ok(
        await api.get(path('configmaps', 't'), {
          accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
        }),
      );
      assert.equal(table['kind'], 'Table');
      assert.deepEqual(
        listAt(table, 'columnDefinitions').map((c) => valueAt(c, 'name')),
        ['Name', 'Data', 'Age'],
      );
      const [row] = listAt(table, 'rows');
      assert.deepEqual(listAt(row, 'cells').slice(0, 2), ['t', 2]);
      assert.equal(valueAt(row, 'object', 'kind'), 'PartialObjectMetadata');
    },
  },
];
