import type { Condition, Workspace, WorkspaceStatus } from '@kaito-ts/api-types';
import type { Deployment, KubeClient, StatefulSet } from '@kaito-ts/kube-runtime';
import { ignoreNotFound, kinds } from '@kaito-ts/kube-runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workspaceKind } from '../cluster/kinds.ts';
import { addNode, applying, playKubelet, type Kubelet, type TestCluster } from './cluster.test.data.ts';
import { runOperator, type RunningOperator } from './running-operator.test.data.ts';

/** A namespace of its own for each run: the last one of a given cluster may still be going away. */
const namespace = `operator-behaviour-${process.pid}`;
const patience = { timeout: 30_000, interval: 20 };

interface World {
  readonly cluster: TestCluster;
  readonly client: KubeClient;
  readonly kubelet: Kubelet;
  operator: RunningOperator;
}

/** What the operator does on a cluster; the same for every cluster. */
export function operatorBehaviour(start: () => Promise<TestCluster>): void {
  let world: World;

  beforeAll(async () => {
    const cluster = await start();
    const client = await cluster.connect('kaito-operator-test');
    await client.apply(
      kinds.namespaces,
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      applying,
    );
    await Promise.all([addNode(client, 'gpu-1', 8), addNode(client, 'cpu-1', 0)]);
    const operator = await runOperator(cluster);
    world = { cluster, client, kubelet: playKubelet(client), operator };
  });

  afterAll(async () => {
    if (world === undefined) return;
    await world.operator.stop();
    await world.kubelet.stop();
    await ignoreNotFound(world.client.delete(kinds.namespaces, { name: namespace }));
    await world.cluster.stop();
  });

  async function submit(name: string, parts: Partial<Workspace> = {}): Promise<void> {
    const object = {
      apiVersion: 'kaito.sh/v1beta1',
      kind: 'Workspace',
      metadata: { name, namespace, ...parts.metadata },
      resource: parts.resource ?? { labelSelector: { matchLabels: { apps: 'gpu-test' } } },
      inference: parts.inference ?? { preset: { name: 'small' } },
    };
    await world.client.apply(workspaceKind, object, applying);
  }

  async function statusOf(name: string): Promise<WorkspaceStatus> {
    const workspace = await world.client.get(workspaceKind, { namespace, name });
    return workspace.status ?? {};
  }

  async function expectCondition(name: string, type: string, wanted: Partial<Condition>): Promise<void> {
    await expect
      .poll(async () => (await statusOf(name)).conditions?.find((entry) => entry.type === type), patience)
      .toMatchObject(wanted);
  }

  /** As it is written now: what was said of an earlier generation does not count. */
  async function expectReady(name: string): Promise<void> {
    await expect
      .poll(async () => {
        const { metadata, status } = await world.client.get(workspaceKind, { namespace, name });
        const { conditions = [] } = (status ?? {}) as WorkspaceStatus;
        const whole = conditions.find(({ type }) => type === 'WorkspaceSucceeded');
        return { ready: whole?.status, isOfNow: whole?.observedGeneration === metadata.generation };
      }, patience)
      .toEqual({ ready: 'True', isOfNow: true });
  }

  function deployment(name: string): Promise<Deployment | undefined> {
    return ignoreNotFound(world.client.get(kinds.deployments, { namespace, name }));
  }

  function writesAbout(name: string): string[] {
    return world.operator.writes.filter((write) => write.split(' ')[2]?.startsWith(name));
  }

  async function writeConfig(name: string, text: string): Promise<void> {
    const data = { 'inference_config.yaml': text };
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
    await world.client.apply(kinds.configMaps, object, applying);
  }

  describe('a Workspace', () => {
    test('becomes a workload and Ready with at most five writes', async () => {
      await submit('plain');
      await expect.poll(() => deployment('plain'), { ...patience, interval: 5 }).toBeDefined();
      await expectReady('plain');
      expect(await statusOf('plain')).toMatchObject({
        state: 'Ready',
        targetNodeCount: 1,
        workerNodes: ['gpu-1'],
      });
      expect(writesAbout('plain').length).toBeLessThanOrEqual(5);
    });

    test('is not written about when the operator starts anew, nor while nothing happens', async () => {
      await expectReady('plain');
      await world.operator.stop();
      world.operator = await runOperator(world.cluster);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(world.operator.writes).toEqual([]);
    });

    test('rolls when its adapters change, and says what serves meanwhile', async () => {
      const before = (await deployment('plain'))?.metadata.annotations?.['kaito.sh/revision'];
      world.kubelet.hold('plain');
      await submit('plain', {
        inference: {
          preset: { name: 'small' },
          adapters: [{ source: { name: 'pirate', image: 'registry.example.com/pirate:1' }, strength: '0.5' }],
        },
      });
      await expectCondition('plain', 'InferenceReady', { status: 'False' });
      world.kubelet.release();
      await expectReady('plain');
      const after = await deployment('plain');
      expect(after?.metadata.annotations?.['kaito.sh/revision']).not.toBe(before);
      expect(JSON.stringify(after)).toContain('adapter-pirate');
    });

    test('surges where there is room: RolloutInProgress names the revision that still serves', async () => {
      const metadata = { name: 'surging', namespace, annotations: { 'kaito.sh/runtime': 'llamacpp' } };
      await submit('surging', { metadata });
      await expectReady('surging');
      const before = (await deployment('surging'))?.metadata.annotations?.['kaito.sh/revision'];
      world.kubelet.hold('surging');
      await submit('surging', {
        metadata,
        inference: {
          preset: { name: 'small' },
          adapters: [{ source: { name: 'a', image: 'registry.example.com/a:1' } }],
        },
      });
      await expectCondition('surging', 'InferenceReady', {
        reason: 'RolloutInProgress',
        message: expect.stringContaining(String(before)) as string,
      });
      world.kubelet.release();
      await expectReady('surging');
    });

    test('waits for its ConfigMap, names its faults by line, and rolls with its content', async () => {
      await submit('configured', { inference: { preset: { name: 'small' }, config: 'params' } });
      await expectCondition('configured', 'WorkspaceSucceeded', { reason: 'ConfigMapNotFound' });
      await writeConfig('params', 'vllm:\n  max-model-length: 1024\n');
      await expectCondition('configured', 'WorkspaceSucceeded', {
        reason: 'ConfigInvalid',
        message: expect.stringContaining('inference_config.yaml:2:') as string,
      });
      expect(await deployment('configured')).toBeUndefined();
      await writeConfig('params', 'vllm:\n  max-model-len: 1024\n');
      await expectReady('configured');
      const before = (await deployment('configured'))?.metadata.annotations?.['kaito.sh/revision'];
      await writeConfig('params', 'vllm:\n  max-model-len: 2048\n');
      await expect
        .poll(
          async () => (await deployment('configured'))?.metadata.annotations?.['kaito.sh/revision'],
          patience,
        )
        .not.toBe(before);
      await expectReady('configured');
    });

    test('waits for a node and takes it when it comes', async () => {
      await submit('nodeless', { resource: { labelSelector: { matchLabels: { pool: 'late' } } } });
      await expectCondition('nodeless', 'NodesReady', { status: 'False', reason: 'NodesNotFound' });
      await world.client.patch(
        kinds.nodes,
        { name: 'cpu-1' },
        { type: 'merge', value: { metadata: { labels: { pool: 'late' } } } },
      );
      await expectReady('nodeless');
      expect(await statusOf('nodeless')).toMatchObject({ workerNodes: ['cpu-1'] });
    });

    test('served by a pod template follows its edits', async () => {
      await submit('templated', templateOf('server:1'));
      await expectReady('templated');
      await submit('templated', templateOf('server:2'));
      await expect
        .poll(async () => JSON.stringify(await deployment('templated')), patience)
        .toContain('server:2');
      await expectReady('templated');
    });

    // A real garbage collector looks for new kinds only every half minute, so a fresh cluster takes its time.
    test('that is deleted takes its objects along', { timeout: 120_000 }, async () => {
      const patient = { ...patience, timeout: 100_000 };
      const service = { namespace, name: 'templated' };
      await world.client.delete(workspaceKind, service);
      await expect.poll(() => deployment('templated'), patient).toBeUndefined();
      await expect
        .poll(() => ignoreNotFound(world.client.get(kinds.services, service)), patient)
        .toBeUndefined();
    });

    test('leaves a foreign object of its name alone', async () => {
      const metadata = { name: 'taken', namespace };
      const spec = { ports: [{ port: 1 }] };
      await world.client.create(kinds.services, { apiVersion: 'v1', kind: 'Service', metadata, spec });
      await submit('taken');
      await expectCondition('taken', 'WorkspaceSucceeded', { reason: 'ServiceNameTaken' });
      expect((await world.client.get(kinds.services, metadata)).spec?.ports).toMatchObject([{ port: 1 }]);
      await world.client.delete(kinds.services, metadata);
      await expectReady('taken');
    });
  });

  test('a field that the Workspace sets no longer goes away; what others set stays', async () => {
    const name = 'trimmed';
    await submit(name, templateOf('own:1', { env: [{ name: 'GONE', value: '1' }], workingDir: '/tmp' }));
    await expectReady(name);
    const value = { metadata: { annotations: { theirs: 'stays' } } };
    await world.client.patch(kinds.deployments, { namespace, name }, { type: 'merge', value });
    for (const image of ['own:2', 'own:3']) {
      await submit(name, templateOf(image));
      await expect
        .poll(async () => (await deployment(name))?.spec?.template.spec?.containers[0], patience)
        .toMatchObject({ image });
      const { metadata, spec } = (await deployment(name)) ?? {};
      const [server] = spec?.template.spec?.containers ?? [];
      expect(server?.workingDir).toBeUndefined();
      expect(server?.env?.map((variable) => variable.name) ?? []).not.toContain('GONE');
      expect(metadata?.annotations).toMatchObject({ theirs: 'stays' });
    }
    // It was created, so its fields became applied ones before the first change.
    expect(writesAbout(name)).toContain(`patch Deployment ${name}`);
  });

  describe('a StatefulSet that another operator made', () => {
    test('serves on untouched, and becomes ours whole in place when the Workspace changes', async () => {
      const name = 'adopted';
      await world.operator.stop();
      await submit(name);
      const { metadata } = await world.client.get(workspaceKind, { namespace, name });
      await world.client.create(kinds.statefulSets, upstreamSet(name, metadata.uid ?? ''), {
        fieldManager: 'upstream',
      });
      await expect.poll(() => pod(`${name}-0`), patience).toMatchObject({ phase: 'Running' });
      world.operator = await runOperator(world.cluster);
      await expectReady(name);
      expect(writesAbout(name).filter((write) => !write.includes('Workspace'))).toEqual([
        `apply StatefulSet ${name}`,
      ]);
      expect((await statefulSet(name)).spec).toMatchObject({
        template: { spec: { containers: [{ image: 'upstream:1' }] } },
      });

      await submit(name, {
        metadata: { name, namespace, annotations: { 'kaito.sh/runtime': 'transformers' } },
      });
      await expect
        .poll(async () => (await statefulSet(name)).metadata.annotations?.['kaito.sh/revision'], patience)
        .toBeDefined();
      await expectReady(name);
      const spec = (await statefulSet(name)).spec?.template.spec;
      expect(spec?.containers.map(({ image }) => image)).toEqual(['transformers:0.32.0']);
      expect(spec?.containers[0]?.env?.map((variable) => variable.name)).not.toContain('FROM_UPSTREAM');
    });
  });

  async function statefulSet(name: string): Promise<StatefulSet> {
    return world.client.get(kinds.statefulSets, { namespace, name });
  }

  async function pod(name: string): Promise<unknown> {
    return (await ignoreNotFound(world.client.get(kinds.pods, { namespace, name })))?.status;
  }
}

function templateOf(image: string, more: object = {}): Partial<Workspace> {
  return { inference: { template: { spec: { containers: [{ name: 'server', image, ...more }] } } } };
}

function upstreamSet(name: string, uid: string): StatefulSet {
  const labels = { 'kaito.sh/workspace': name };
  const env = [{ name: 'FROM_UPSTREAM', value: '1' }];
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {
      name,
      namespace,
      ownerReferences: [
        {
          apiVersion: 'kaito.sh/v1beta1',
          kind: 'Workspace',
          name,
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      replicas: 1,
      serviceName: `${name}-headless`,
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name, image: 'upstream:1', command: ['/bin/sh'], env }] },
      },
    },
  };
}
