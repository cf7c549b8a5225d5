import { strict as assert } from 'node:assert';
import { fieldsAt, listAt, textAt, valueAt, type Fields } from '../json.ts';
import { eventually } from './connection.ts';
import { ok, type Behaviour } from './context.ts';
import { condition, deploymentUntil, isComplete, pods, template, workload } from './workload-verbs.ts';

const job = (image: string): Fields => ({
  backoffLimit: 0,
  template: template(image, { restartPolicy: 'Never' }),
});

/** StatefulSets, Jobs, and the endpoints of Services. */
export const setAndJobBehaviours: readonly Behaviour[] = [
  {
    name: 'a StatefulSet starts pods in order and updates from the last',
    check: async (context) => {
      const { api, path } = context;
      const list = ok(await api.get(path('pods')));
      const stream = api.watch(
        `${path('pods')}?watch=1&resourceVersion=${textAt(list, 'metadata', 'resourceVersion')}`,
      );
      ok(
        await api.post(
          path('statefulsets'),
          workload('s', { replicas: 2, serviceName: 's', template: template('good:1') }),
        ),
        201,
      );
      const ready = (): Promise<Fields> =>
        eventually('ready and current', async () => {
          const object = ok(await api.get(path('statefulsets', 's')));
          const status = fieldsAt(object, 'status');
          return (
            status['readyReplicas'] === 2 &&
            status['currentRevision'] === status['updateRevision'] &&
            status['updatedReplicas'] !== 1 &&
            status['observedGeneration'] === valueAt(object, 'metadata', 'generation') &&
            object
          );
        });
      const first = await ready();
      ok(await api.patch(path('statefulsets', 's'), 'merge', { spec: { template: template('good:2') } }));
      await eventually(
        'updated',
        async () =>
          textAt(await ready(), 'status', 'updateRevision') !== textAt(first, 'status', 'updateRevision'),
      );
      const events: string[] = [];
      while (events.length < 6) {
        const event = await stream.next();
        if (event && event.type !== 'MODIFIED')
          events.push(`${event.type} ${textAt(event.object, 'metadata', 'name')}`);
      }
      stream.close();
      assert.deepEqual(events, [
        'ADDED s-0',
        'ADDED s-1',
        'DELETED s-1',
        'ADDED s-1',
        'DELETED s-0',
        'ADDED s-0',
      ]);
      const pod = ok(await api.get(path('pods', 's-1')));
      assert.deepEqual(
        [
          valueAt(pod, 'spec', 'hostname'),
          valueAt(pod, 'spec', 'subdomain'),
          valueAt(pod, 'metadata', 'labels', 'apps.kubernetes.io/pod-index'),
        ],
        ['s-1', 's', '1'],
      );
    },
  },
  {
    name: 'a Parallel StatefulSet starts all pods at once',
    check: async (context) => {
      const { api, path } = context;
      ok(
        await api.post(
          path('statefulsets'),
          workload('s', {
            replicas: 3,
            serviceName: 's',
            podManagementPolicy: 'Parallel',
            template: template('broken:1'),
          }),
        ),
        201,
      );
      await eventually('three pods', async () => (await pods(context)).length === 3);
    },
  },
  {
    name: 'a Job completes, or fails after its backoffLimit',
    check: async (context) => {
      const { api, path } = context;
      ok(await api.post(path('jobs'), { metadata: { name: 'j' }, spec: job('good:1') }), 201);
      ok(await api.post(path('jobs'), { metadata: { name: 'k' }, spec: job('broken:1') }), 201);
      await eventually(
        'complete',
        async () => condition(ok(await api.get(path('jobs', 'j'))), 'Complete')['status'] === 'True',
      );
      await eventually(
        'failed',
        async () =>
          condition(ok(await api.get(path('jobs', 'k'))), 'Failed')['reason'] === 'BackoffLimitExceeded',
      );
    },
  },
  {
    name: 'a Service gets an EndpointSlice of its ready pods',
    check: async (context) => {
      const { api, path } = context;
      ok(
        await api.post(path('services'), {
          metadata: { name: 'v' },
          spec: { selector: { app: 'w' }, ports: [{ port: 80, targetPort: 'http' }] },
        }),
        201,
      );
      ok(
        await api.post(path('deployments'), workload('d', { replicas: 1, template: template('good:1') })),
        201,
      );
      await deploymentUntil(context, 'complete', isComplete);
      const [pod] = await pods(context);
      const ip = textAt(pod, 'status', 'podIP');
      await eventually('slice', async () => {
        const [slice] = listAt(
          ok(await api.get(`${path('endpointslices')}?labelSelector=kubernetes.io/service-name%3Dv`)),
          'items',
        );
        const [endpoint] = listAt(slice, 'endpoints');
        return (
          listAt(endpoint, 'addresses')[0] === ip &&
          valueAt(endpoint, 'conditions', 'ready') === true &&
          valueAt(listAt(slice, 'ports')[0], 'port') === 8080
        );
      });
      const service = ok(await api.get(path('services', 'v')));
      assert.match(textAt(service, 'spec', 'clusterIP'), /^10\.96\./);
    },
  },
];
