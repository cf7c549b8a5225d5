import { strict as assert } from 'node:assert';
import { listAt, numberAt, textAt, valueAt, type Fields } from '../json.ts';
import { eventually } from './connection.ts';
import { ok, type Behaviour } from './context.ts';
import { condition, deploymentUntil, isComplete, pods, template, workload } from './workload-verbs.ts';

const prefer = (value: string): Fields => ({
  nodeAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 100,
        preference: {
          matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [value] }],
        },
      },
    ],
  },
});
const podSpec = (more: Fields): Fields => ({
  containers: [{ name: 'c', image: 'good:1' }],
  nodeSelector: { behaviour: 'yes' },
  ...more,
});

/** Deployments and the scheduler, with a node that only says that pods run. */
export const workloadBehaviours: readonly Behaviour[] = [
  {
    name: 'a Deployment brings up pods through a ReplicaSet and says so',
    check: async (context) => {
      const { api, path } = context;
      ok(
        await api.post(path('deployments'), workload('d', { replicas: 2, template: template('good:1') })),
        201,
      );
      const done = await deploymentUntil(context, 'complete', isComplete);
      assert.equal(condition(done, 'Available')['reason'], 'MinimumReplicasAvailable');
      const [set] = listAt(ok(await api.get(path('replicasets'))), 'items');
      const hash = textAt(set, 'metadata', 'labels', 'pod-template-hash');
      assert.equal(textAt(set, 'metadata', 'name'), `d-${hash}`);
      for (const pod of await pods(context)) {
        assert.match(textAt(pod, 'metadata', 'name'), new RegExp(`^d-${hash}-[a-z0-9]{5}$`));
        assert.equal(valueAt(listAt(pod, 'metadata', 'ownerReferences')[0], 'kind'), 'ReplicaSet');
      }
      assert.equal((await pods(context)).length, 2);
    },
  },
  {
    name: 'a RollingUpdate keeps its bounds: the old pod stays until the new one is ready',
    check: async (context) => {
      const { api, path } = context;
      const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
      ok(
        await api.post(
          path('deployments'),
          workload('d', { replicas: 1, strategy, template: template('good:1') }),
        ),
        201,
      );
      await deploymentUntil(context, 'complete', isComplete);
      ok(await api.patch(path('deployments', 'd'), 'merge', { spec: { template: template('broken:1') } }));
      await deploymentUntil(
        context,
        'surged',
        (object) =>
          numberAt(object, 'status', 'replicas') === 2 && numberAt(object, 'status', 'updatedReplicas') === 1,
      );
      assert.equal(numberAt(ok(await api.get(path('deployments', 'd'))), 'status', 'availableReplicas'), 1);
      ok(await api.patch(path('deployments', 'd'), 'merge', { spec: { template: template('good:2') } }));
      await deploymentUntil(context, 'complete again', isComplete);
      const left = await eventually('one pod', async () => {
        const all = await pods(context);
        return all.length === 1 && all;
      });
      assert.equal(textAt(listAt(left[0], 'spec', 'containers')[0], 'image'), 'good:2');
    },
  },
  {
    name: 'Recreate ends the old pods before it starts new ones',
    check: async (context) => {
      const { api, path } = context;
      ok(
        await api.post(
          path('deployments'),
          workload('d', { replicas: 1, strategy: { type: 'Recreate' }, template: template('good:1') }),
        ),
        201,
      );
      await deploymentUntil(context, 'complete', isComplete);
      const list = ok(await api.get(path('pods')));
      const stream = api.watch(
        `${path('pods')}?watch=1&resourceVersion=${textAt(list, 'metadata', 'resourceVersion')}`,
      );
      ok(await api.patch(path('deployments', 'd'), 'merge', { spec: { template: template('good:2') } }));
      const seen: string[] = [];
      while (!seen.includes('ADDED')) seen.push((await stream.next())?.type ?? 'ADDED');
      stream.close();
      assert.ok(seen.includes('DELETED'), seen.join());
      await deploymentUntil(context, 'complete again', isComplete);
    },
  },
  {
    name: 'scaling down deletes pods; a deleted pod is replaced; deleting the Deployment leaves nothing',
    check: async (context) => {
      const { api, path } = context;
      ok(
        await api.post(path('deployments'), workload('d', { replicas: 3, template: template('good:1') })),
        201,
      );
      await deploymentUntil(context, 'complete', isComplete);
      ok(await api.patch(`${path('deployments', 'd')}/scale`, 'merge', { spec: { replicas: 1 } }));
      const [survivor] = await eventually('one pod', async () => {
        const all = await pods(context);
        return all.length === 1 && all;
      });
      ok(await api.delete(path('pods', textAt(survivor, 'metadata', 'name'))));
      await eventually('replaced', async () => {
        const all = await pods(context);
        return all.length === 1 && textAt(all[0], 'metadata', 'uid') !== textAt(survivor, 'metadata', 'uid');
      });
      ok(await api.delete(path('deployments', 'd'), { propagationPolicy: 'Background' }));
      await eventually('nothing left', async () => (await pods(context)).length === 0);
      await eventually(
        'no ReplicaSet',
        async () => listAt(ok(await api.get(path('replicasets'))), 'items').length === 0,
      );
    },
  },
  {
    name: 'a pod that fits nowhere is Unschedulable with the reason, and runs once it fits',
    check: async (context) => {
      const { api, path } = context;
      const big = {
        containers: [{ name: 'c', image: 'good:1', resources: { limits: { 'nvidia.com/gpu': 1000 } } }],
        nodeSelector: { behaviour: 'yes' },
      };
      ok(await api.post(path('pods'), { metadata: { name: 'big' }, spec: big }), 201);
      ok(
        await api.post(path('pods'), {
          metadata: { name: 'lost' },
          spec: { containers: [{ name: 'c', image: 'good:1' }], nodeSelector: { behaviour: 'never' } },
        }),
        201,
      );
      const scheduled = async (name: string): Promise<Fields | false> => {
        const found = condition(ok(await api.get(path('pods', name))), 'PodScheduled');
        return found['reason'] === 'Unschedulable' && found;
      };
      assert.match(
        textAt(await eventually('refused', () => scheduled('big')), 'message'),
        /^0\/\d+ nodes are available: .*1 Insufficient nvidia\.com\/gpu/,
      );
      assert.match(
        textAt(await eventually('refused', () => scheduled('lost')), 'message'),
        /node\(s\) didn't match Pod's node affinity\/selector/,
      );
      const node = `behaviour-node`;
      ok(await api.patch(`/api/v1/nodes/${node}`, 'merge', { metadata: { labels: { other: 'label' } } }));
      ok(await api.delete(path('pods', 'lost')));
      assert.equal((await api.get(path('pods', 'lost'))).code, 404);
    },
  },
  {
    name: 'preferred affinity and taints steer pods',
    check: async (context) => {
      const { api, path } = context;
      ok(
        await api.post(path('pods'), {
          metadata: { name: 'a' },
          spec: podSpec({ affinity: prefer('behaviour-node') }),
        }),
        201,
      );
      const toleration = { key: 'only', operator: 'Exists' };
      ok(
        await api.post(path('pods'), {
          metadata: { name: 'b' },
          spec: podSpec({ affinity: prefer('behaviour-tainted'), tolerations: [toleration] }),
        }),
        201,
      );
      ok(
        await api.post(path('pods'), {
          metadata: { name: 'c' },
          spec: podSpec({ affinity: prefer('behaviour-tainted') }),
        }),
        201,
      );
      const nodeOf = (name: string): Promise<string> =>
        eventually(
          'scheduled',
          async () => textAt(ok(await api.get(path('pods', name))), 'spec', 'nodeName') || undefined,
        );
      assert.deepEqual(
        [await nodeOf('a'), await nodeOf('b'), await nodeOf('c')],
        ['behaviour-node', 'behaviour-tainted', 'behaviour-node'],
      );
    },
  },
  {
    name: 'pods that must not be near each other wait for another node',
    check: async ({ api, path }) => {
      const labels = { role: 'alone' };
      const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } };
      const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
      const pod = (name: string): Fields => ({ metadata: { name, labels }, spec: podSpec({ affinity }) });
      const found = async (name: string): Promise<Fields> =>
        condition(ok(await api.get(path('pods', name))), 'PodScheduled');
      ok(await api.post(path('pods'), pod('a')), 201);
      await eventually('scheduled', async () => (await found('a'))['status'] === 'True');
      ok(await api.post(path('pods'), pod('b')), 201);
      const refusal = await eventually(
        'refused',
        async () => textAt(await found('b'), 'message') || undefined,
      );
      assert.match(refusal, /1 node\(s\) didn't match pod anti-affinity rules/);
    },
  },
  {
    name: 'a pod on a node ends gracefully: marked first, gone when its node says so',
    check: async (context) => {
      const { api, path } = context;
      const spec = { containers: [{ name: 'c', image: 'good:1' }], nodeName: 'behaviour-node-without-agent' };
      ok(await api.post(path('pods'), { metadata: { name: 'p' }, spec }), 201);
      const marked = ok(await api.delete(path('pods', 'p'), { gracePeriodSeconds: 20 }));
      assert.deepEqual(
        [valueAt(marked, 'metadata', 'deletionGracePeriodSeconds'), marked['kind']],
        [20, 'Pod'],
      );
      const uid = textAt(marked, 'metadata', 'uid');
      ok(await api.delete(path('pods', 'p'), { gracePeriodSeconds: 0, preconditions: { uid } }));
      assert.equal((await api.get(path('pods', 'p'))).code, 404);
    },
  },
];
