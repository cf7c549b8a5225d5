import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFile } from 'node:fs/promises';
import {
  applyIfChanged,
  createClient,
  createTransport,
  EventRecorder,
  ignoreNotFound,
  isConflict,
  KubeApiError,
  kinds,
  LeaderElector,
  loadKubeconfig,
  referenceTo,
  Reflector,
  type Applied,
  type ConfigMap,
  type Deployment,
  type KubeClient,
  type Transport,
} from '@kaito-ts/kube-runtime';
import { startRealCluster, type RealCluster } from './real-cluster.ts';

let cluster: RealCluster;
let client: KubeClient;
const transports: Transport[] = [];

async function connect(userAgent: string): Promise<KubeClient> {
  const access = await loadKubeconfig({ path: cluster.kubeconfigPath, env: {} });
  const transport = createTransport(access, { userAgent });
  transports.push(transport);
  return createClient(transport);
}

/** Calls in the audit log by this user agent, as `verb resource`. */
async function calls(userAgent: string): Promise<string[]> {
  // The API server may be in the midst of the last line.
  const lines = (await readFile(cluster.auditLogPath, 'utf8')).split('\n').slice(0, -1);
  return lines
    .filter((line) => line.includes(userAgent))
    .map((line) => JSON.parse(line) as { userAgent?: string; verb: string; objectRef?: { resource: string } })
    .filter((entry) => entry.userAgent === userAgent)
    .map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`);
}

function reflect(
  from: KubeClient,
  labelSelector: string,
): {
  readonly reflector: Reflector<ConfigMap, 'app'>;
  readonly stop: () => Promise<void>;
} {
  const reflector = new Reflector({
    client: from,
    kind: kinds.configMaps,
    labelSelector,
    keepManagedFields: { of: 'test' },
    indexes: { app: ({ metadata }) => [metadata.labels?.['test'] ?? ''] },
  });
  const controller = new AbortController();
  const running = reflector.run(controller.signal);
  return {
    reflector,
    stop: async () => {
      controller.abort();
      await running;
    },
  };
}

const configMap = (name: string, test: string, data: Record<string, string> = {}): Applied<ConfigMap> => ({
  metadata: { name, namespace: 'default', labels: { test } },
  data,
});
const manager = { fieldManager: 'test', force: true };
/** For what takes a second where nothing else runs. */
const patience = { timeout: 180_000 };
const slow = { timeout: 400_000 };

function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}

beforeAll(async () => {
  cluster = await startRealCluster({ kwokNodes: 1 });
  client = await connect('test/1');
}, 600_000);
afterAll(async () => {
  await Promise.all(transports.map((transport) => transport.close()));
  await cluster?.stop();
}, 120_000);

it('syncs by watch-list: one request, no list, and stays in step with 200 applies', slow, async () => {
  const own = await connect('watch-list/1');
  await client.apply(kinds.configMaps, configMap('before', 'list'), manager);
  const { reflector, stop } = reflect(own, 'test in (list, app0, app1, app2, app3)');
  await reflector.synced;
  expect(reflector.store.byIndex('app', 'list').map(({ metadata }) => metadata.name)).toEqual(['before']);
  await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      client.apply(kinds.configMaps, configMap(`c${index}`, `app${index % 4}`), manager),
    ),
  );
  await expect.poll(() => reflector.store.size, patience).toBe(201);
  expect(reflector.store.byIndex('app', 'app1')).toHaveLength(50);
  await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      client.delete(kinds.configMaps, { namespace: 'default', name: `c${index}` }),
    ),
  );
  await expect.poll(() => reflector.store.size, patience).toBe(1);
  await stop();
  // The audit log names a watch when it ends.
  await expect.poll(() => calls('watch-list/1'), patience).toEqual(['watch configmaps']);
});

it('pages through a list', async () => {
  await Promise.all(
    Array.from({ length: 25 }, (_, index) =>
      client.apply(kinds.configMaps, configMap(`page${index}`, 'page'), manager),
    ),
  );
  const { items, resourceVersion } = await client.list(kinds.configMaps, {
    namespace: 'default',
    labelSelector: 'test=page',
    pageSize: 10,
  });
  expect([items.length, items[0]?.kind, Number(resourceVersion) > 0]).toEqual([25, 'ConfigMap', true]);
});

describe('server-side apply', () => {
  it('is refused when another manager owns the field, unless forced', async () => {
    await client.apply(kinds.configMaps, configMap('shared', 'ssa', { a: '1' }), { fieldManager: 'one' });
    const theft = client.apply(kinds.configMaps, configMap('shared', 'ssa', { a: '2' }), {
      fieldManager: 'two',
    });
    await expect(theft).rejects.toSatisfy(isConflict);
    await expect(theft).rejects.toMatchObject({
      causes: [{ reason: 'FieldManagerConflict', field: '.data.a' }],
    });
    const taken = await client.apply(kinds.configMaps, configMap('shared', 'ssa', { a: '2' }), {
      fieldManager: 'two',
      force: true,
    });
    expect(taken.data).toEqual({ a: '2' });
  });

  it('of an older version is a conflict for updates', async () => {
    const live = await client.apply(kinds.configMaps, configMap('old', 'ssa'), manager);
    await client.update(kinds.configMaps, { ...live, data: { a: '1' } });
    await expect(client.update(kinds.configMaps, { ...live, data: { a: '2' } })).rejects.toSatisfy(
      isConflict,
    );
  });

  it('says which field is wrong', async () => {
    const bad = { ...configMap('strict', 'ssa'), nonsense: 1 } as Applied<ConfigMap>;
    await expect(client.create(kinds.configMaps, bad, { fieldValidation: 'Strict' })).rejects.toThrow(
      'nonsense',
    );
    const error: unknown = await client
      .create(kinds.configMaps, configMap('Not_Valid', 'ssa'))
      .catch((caught: unknown) => caught);
    expect((error as KubeApiError).causes).toMatchObject([{ field: 'metadata.name' }]);
  });
});

function refOf({ metadata: { name } }: Applied<Deployment>): { namespace: string; name: string } {
  return { namespace: 'default', name };
}

function deploymentOf(name: string): Applied<Deployment> {
  return {
    metadata: { name, namespace: 'default', labels: { app: 'phi', old: 'x' }, annotations: {} },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'phi' } },
      template: {
        metadata: { labels: { app: 'phi' } },
        spec: {
          hostNetwork: false,
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          securityContext: { runAsNonRoot: true },
          tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
          volumes: [
            { name: 'work', emptyDir: {} },
            { name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: '1024Mi' } },
          ],
          initContainers: [
            { name: 'b', image: 'x' },
            { name: 'a', image: 'x' },
          ],
          containers: [
            {
              name: 'main',
              image: 'img:1',
              command: ['/tini', '--'],
              env: [
                { name: 'EMPTY', value: '' },
                { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
              ],
              ports: [{ containerPort: 5000, name: 'http' }],
              resources: {
                requests: { cpu: '1000m', memory: '1.5Gi', 'nvidia.com/gpu': '1' },
                limits: { 'nvidia.com/gpu': '1' },
              },
              readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 5 },
              volumeMounts: [
                { name: 'work', mountPath: '/work', readOnly: false },
                { name: 'shm', mountPath: '/dev/shm' },
              ],
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            },
          ],
        },
      },
    },
  };
}

async function apply(desired: Applied<Deployment>): Promise<string> {
  const live = await ignoreNotFound(client.get(kinds.deployments, refOf(desired)));
  const result = await applyIfChanged(client, kinds.deployments, desired, { ...manager, live });
  return result.kind === 'changed' ? result.reason : result.kind;
}

describe('applyIfChanged', () => {
  it('is quiet once the object is as wanted, whatever the API server filled in', async () => {
    const deployment = deploymentOf('quiet');
    expect([await apply(deployment), await apply(deployment)]).toEqual(['created', 'unchanged']);
  });

  it('puts elements in the order that is wanted', async () => {
    const deployment = deploymentOf('ordered');
    await apply(deployment);
    const { spec } = deployment;
    const podSpec = {
      ...spec?.template?.spec,
      initContainers: [
        { name: 'a', image: 'x' },
        { name: 'b', image: 'x' },
      ],
    };
    const turned = {
      ...deployment,
      spec: { ...spec, template: { ...spec?.template, spec: podSpec } },
    } as Applied<Deployment>;
    expect(await apply(turned)).toContain('initContainers');
    expect(await apply(turned)).toBe('unchanged');
    expect(
      (await client.get(kinds.deployments, refOf(turned))).spec?.template.spec?.initContainers?.map(
        ({ name }) => name,
      ),
    ).toEqual(['a', 'b']);
  });

  it('undoes what others changed in our fields, and leaves theirs', async () => {
    const deployment = deploymentOf('changed');
    const ref = refOf(deployment);
    await apply(deployment);
    await client.patch(kinds.deployments, ref, {
      type: 'merge',
      value: { metadata: { labels: { theirs: 'y' } }, spec: { replicas: 3 } },
    });
    expect([await apply(deployment), await apply(deployment)]).toEqual(['spec.replicas', 'unchanged']);
    const live = await client.get(kinds.deployments, ref);
    expect([live.spec?.replicas, live.metadata.labels?.['theirs']]).toEqual([1, 'y']);
  });

  it('takes away what is not wanted any more', async () => {
    const deployment = deploymentOf('relieved');
    const ref = refOf(deployment);
    await apply(deployment);
    await client.patch(kinds.deployments, ref, {
      type: 'merge',
      value: { metadata: { labels: { theirs: 'y' } } },
    });
    const without = { ...deployment, metadata: { ...ref, labels: { app: 'phi' }, annotations: {} } };
    expect([await apply(without), await apply(without)]).toEqual(['metadata.labels.old', 'unchanged']);
    expect((await client.get(kinds.deployments, ref)).metadata.labels).toEqual({ app: 'phi', theirs: 'y' });
  });
});

it('counts a repeated event up, as kubectl reads it', async () => {
  const regarding = referenceTo(await client.get(kinds.namespaces, { name: 'default' }));
  const recorder = new EventRecorder({
    client,
    component: 'test',
    instance: 'test-1',
    flushMilliseconds: 100,
  });
  for (let times = 0; times < 5; times++)
    recorder.record({ regarding, type: 'Normal', reason: 'Tried', message: 'again' });
  await recorder.close();
  const { items } = await client.list(kinds.coreEvents, {
    namespace: 'default',
    fieldSelector: 'involvedObject.name=default,reason=Tried',
  });
  expect(items).toMatchObject([{ count: 5, message: 'again', type: 'Normal' }]);
});

it('a leader hands over before its lease runs out, and a killed one is replaced', slow, async () => {
  const lease = { namespace: 'default', name: 'leader' };
  const terms: { readonly identity: string; readonly at: number }[] = [];
  const stand = (identity: string): { stop(): void; kill(): void; answers(): number } => {
    const stop = new AbortController();
    let dead = false;
    let answers = 0;
    const mortal = new Proxy(client, {
      get:
        (target, name: keyof KubeClient) =>
        async (...args: unknown[]) => {
          if (dead) return new Promise(() => {});
          const answer = await (target[name] as (...all: unknown[]) => unknown)(...args);
          answers += 1;
          return answer;
        },
    });
    const elector = new LeaderElector({ client: mortal, lease, identity });
    void elector
      .run(stop.signal, async (signal) => {
        terms.push({ identity, at: performance.now() });
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      })
      .catch(() => {});
    return { stop: () => stop.abort(), kill: () => (dead = true), answers: () => answers };
  };
  const identities = (): readonly string[] => terms.map(({ identity }) => identity);
  const a = stand('a');
  await expect.poll(identities, patience).toEqual(['a']);
  const b = stand('b');
  await expect.poll(() => b.answers(), patience).toBeGreaterThan(0);
  const stoppedAt = performance.now();
  a.stop();
  await expect.poll(identities, patience).toEqual(['a', 'b']);
  const handedOver = (terms[1]?.at ?? 0) - stoppedAt;
  const c = stand('c');
  await expect.poll(() => c.answers(), patience).toBeGreaterThan(0);
  const killedAt = performance.now();
  b.kill();
  await expect.poll(identities, patience).toEqual(['a', 'b', 'c']);
  const replaced = (terms[2]?.at ?? 0) - killedAt;
  const { spec } = await client.get(kinds.leases, lease);
  c.stop();
  tell(
    `leader: the next leads ${handedOver.toFixed(0)} ms after a stop (goal 3000), ${replaced.toFixed(0)} ms after a kill (goal 16000)`,
  );
  expect(spec?.leaseDurationSeconds).toBe(12);
  expect(handedOver).toBeLessThan(12_000);
});

describe('the API server is killed and comes back', () => {
  it('reflectors converge and do not list again', slow, async () => {
    const own = await connect('survivor/1');
    const { reflector, stop } = reflect(own, 'test=back');
    await reflector.synced;
    const known = reflector.store.size;
    for (const away of [0, 6_000]) {
      await cluster.kill('kube-apiserver');
      await new Promise((resolve) => setTimeout(resolve, away));
      expect(reflector.store.size).toBe(known + (away === 0 ? 0 : 1));
      await cluster.start('kube-apiserver');
      await expect
        .poll(
          () =>
            client.apply(kinds.configMaps, configMap(`after-${away}`, 'back'), manager).then(
              () => true,
              () => false,
            ),
          patience,
        )
        .toBe(true);
      const acceptedAt = performance.now();
      await expect
        .poll(() => reflector.store.get(`default/after-${away}`) !== undefined, patience)
        .toBe(true);
      const behind = (performance.now() - acceptedAt).toFixed(0);
      tell(`API server away for ${away} ms: a reflector is in step after ${behind} ms (goal 5000)`);
    }
    expect(reflector.statistics.lists).toBe(1);
    await stop();
    expect((await calls('survivor/1')).filter((call) => call.startsWith('list'))).toEqual([]);
  });

  it('etcd, too', slow, async () => {
    const { reflector, stop } = reflect(await connect('survivor/2'), 'test=back');
    await reflector.synced;
    await cluster.kill('etcd');
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await cluster.start('etcd');
    await expect
      .poll(
        () =>
          client.apply(kinds.configMaps, configMap('after-etcd', 'back'), manager).then(
            () => true,
            () => false,
          ),
        patience,
      )
      .toBe(true);
    await expect.poll(() => reflector.store.get('default/after-etcd') !== undefined, patience).toBe(true);
    expect(reflector.statistics.lists).toBeLessThanOrEqual(2);
    await stop();
  });
});
