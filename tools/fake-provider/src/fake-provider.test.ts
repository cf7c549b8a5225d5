import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createClient,
  createTransport,
  kinds,
  loadKubeconfig,
  type KubeClient,
} from '@kaito-ts/kube-runtime';
import { startLocalCluster } from '@kaito-ts/local-cluster';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeProvider, type FakeProvider } from './fake-provider.ts';
import { nodeClaims, nodeClassKinds, nodePools, type NodeClaim } from './kinds.ts';

const patience = { timeout: 20_000, interval: 20 };
const [aksNodeClasses] = nodeClassKinds;

const spec = {
  requirements: [
    { key: 'node.kubernetes.io/instance-type', operator: 'In', values: ['Standard_NC48ads_A100_v4'] },
  ],
  taints: [{ key: 'sku', value: 'gpu', effect: 'NoSchedule' }],
  nodeClassRef: { group: 'karpenter.azure.com', kind: 'AKSNodeClass', name: 'ubuntu' },
};

describe('the fake provider', () => {
  let client: KubeClient;
  let provider: FakeProvider;
  let end: () => Promise<void>;

  beforeAll(async () => {
    const stateDirectory = await mkdtemp(join(tmpdir(), 'kaito-fake-provider-'));
    const cluster = await startLocalCluster({ stateDirectory });
    const transport = createTransport(await loadKubeconfig({ path: cluster.kubeconfigPath, env: {} }), {
      userAgent: 'test',
    });
    client = createClient(transport);
    provider = await startFakeProvider({ kubeconfigPath: cluster.kubeconfigPath, player: 'provider' });
    end = async () => {
      await provider.stop();
      await transport.close();
      await cluster.close();
      await rm(stateDirectory, { recursive: true, force: true });
    };
  });

  afterAll(() => end?.());

  async function claim(name: string): Promise<void> {
    const metadata = { name, labels: { 'kaito.sh/workspace': name, 'kaito.sh/workspacenamespace': 'demo' } };
    await client.create(nodeClaims, { apiVersion: 'karpenter.sh/v1', kind: 'NodeClaim', metadata, spec });
  }

  async function conditionOf(name: string, type: string): Promise<unknown> {
    const { status } = await client.get(nodeClaims, { name });
    return status?.conditions?.find((condition) => condition.type === type);
  }

  async function claimsOf(pool: string): Promise<readonly NodeClaim[]> {
    return (await client.list(nodeClaims, { labelSelector: `karpenter.sh/nodepool=${pool}` })).items;
  }

  test('turns a claim into a node with its labels, taints and GPUs', async () => {
    await claim('ws1');
    await expect.poll(() => conditionOf('ws1', 'Ready'), patience).toMatchObject({ status: 'True' });
    const node = await client.get(kinds.nodes, { name: 'node-ws1' });
    expect(node.metadata.labels).toMatchObject({
      'kaito.sh/workspace': 'ws1',
      'node.kubernetes.io/instance-type': 'Standard_NC48ads_A100_v4',
    });
    expect(node.status?.allocatable).toMatchObject({ 'nvidia.com/gpu': '2' });
    expect(node.spec?.taints).toContainEqual({ key: 'sku', value: 'gpu', effect: 'NoSchedule' });
    await client.delete(nodeClaims, { name: 'ws1' });
    await expect.poll(async () => (await client.list(nodeClaims)).items, patience).toEqual([]);
    expect((await client.list(kinds.nodes)).items).toEqual([]);
    expect(provider.purchases).toMatchObject([
      { claim: 'ws1', workspace: 'demo/ws1', evicted: [], releasedAt: expect.any(String) },
    ]);
  });

  test('says why there is no machine, and buys it when there is', async () => {
    provider.behave({ fate: () => 'insufficientCapacity', retryMilliseconds: 20 });
    await claim('ws2');
    await expect
      .poll(() => conditionOf('ws2', 'Launched'), patience)
      .toMatchObject({ status: 'False', message: expect.stringContaining('insufficient capacity') });
    expect(provider.purchases).toHaveLength(1);
    provider.behave({ fate: () => 'launch' });
    await expect.poll(() => conditionOf('ws2', 'Ready'), patience).toMatchObject({ status: 'True' });
    expect(provider.purchases).toHaveLength(2);
  });

  test('keeps as many claims as a NodePool has replicas, once its NodeClass is there', async () => {
    const metadata = { name: 'demo-phi' };
    const template = { metadata: { labels: { own: 'yes' } }, spec };
    await client.create(nodePools, {
      apiVersion: 'karpenter.sh/v1',
      kind: 'NodePool',
      metadata,
      spec: { replicas: 2, template },
    });
    await expect
      .poll(async () => (await client.get(nodePools, metadata)).status?.conditions, patience)
      .toMatchObject([{ type: 'Ready', status: 'False' }]);
    if (aksNodeClasses === undefined) throw new Error('no NodeClass');
    await client.create(aksNodeClasses, {
      apiVersion: 'karpenter.azure.com/v1beta1',
      kind: 'AKSNodeClass',
      metadata: { name: 'ubuntu' },
      spec: {},
    });
    await expect
      .poll(async () => (await claimsOf('demo-phi')).map(({ status }) => status?.nodeName), patience)
      .toEqual([expect.any(String), expect.any(String)]);
    await client.patch(nodePools, metadata, { type: 'merge', value: { spec: { replicas: 1 } } });
    await expect.poll(async () => (await claimsOf('demo-phi')).length, patience).toBe(1);
    await client.delete(nodePools, metadata);
    await expect.poll(() => claimsOf('demo-phi'), patience).toEqual([]);
  });
});
