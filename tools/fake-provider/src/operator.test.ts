import type { KubeClient, Pod } from '@kaito-ts/kube-runtime';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createClient,
  createTransport,
  ignoreNotFound,
  kinds,
  loadKubeconfig,
  Reflector,
  silentLogger,
  systemClock,
} from '@kaito-ts/kube-runtime';
import { startLocalCluster } from '@kaito-ts/local-cluster';
import { createOperator, parseOptions } from '@kaito-ts/operator';
import { embeddedCatalogue } from '@kaito-ts/preset-catalog';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeProvider, type FakeProvider } from './fake-provider.ts';
import { nodeClaims, nodePools } from './kinds.ts';
import {
  boughtFor,
  firstFalse,
  leftovers,
  modes,
  onTwoNodes,
  prepare,
  statusOf,
  submit,
  workspaces,
  type Mode,
} from './workspace.test.data.ts';

const patience = { timeout: 25_000, interval: 25 };
const namespace = 'models';

function place(name: string): { readonly name: string; readonly namespace: string } {
  return { name, namespace };
}

/** The operator in this process with a provider of ours, on the cluster for one machine: no program, no image, no cloud. */
describe.each(['karpenter', 'azure-gpu-provisioner'] as const)('with --node-provisioner %s', (mode) => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld(mode);
  });

  afterAll(() => world?.end());

  test('a Workspace buys its nodes, serves on them, and gives them back after its pods', async () => {
    await submit(world.client, { ...place('big'), preset: onTwoNodes });
    await world.expectReady('big');
    const status = await statusOf(world.client, place('big'));
    expect(status.conditions?.map(({ type, status: value }) => [type, value])).toEqual([
      ['NodesReady', 'True'],
      ['NodeClaimReady', 'True'],
      ['ResourceReady', 'True'],
      ['InferenceReady', 'True'],
      ['WorkspaceSucceeded', 'True'],
    ]);
    expect(status).toMatchObject({
      targetNodeCount: 2,
      workerNodes: [expect.any(String), expect.any(String)],
    });
    expect(boughtFor(world.provider.purchases, place('big'))).toHaveLength(2);
    await world.remove('big');
    expect(await leftovers(world.client)).toEqual([]);
    const bought = boughtFor(world.provider.purchases, place('big'));
    expect(bought.map(({ evicted }) => evicted)).toEqual([[], []]);
    expect(bought).toHaveLength(2);
  });

  test('without an instance type nothing is bought, and that is said', async () => {
    await submit(world.client, { ...place('typeless'), instanceType: undefined });
    await world.expectFirst('typeless', { reason: 'InstanceTypeRequired' });
    expect(boughtFor(world.provider.purchases, place('typeless'))).toEqual([]);
    await world.remove('typeless');
  });

  test('an unknown instance type is said with the nearest one', async () => {
    await submit(world.client, { ...place('typo'), instanceType: 'Standard_NC24ads_A100_v5' });
    await world.expectFirst('typo', {
      reason: 'InstanceTypeUnknown',
      message: expect.stringContaining('did you mean Standard_NC24ads_A100_v4?'),
    });
    expect(await leftovers(world.client)).toEqual([]);
    await world.remove('typo');
  });

  test("an instance type in another case is bought under the cloud's spelling", async () => {
    await submit(world.client, { ...place('lower'), instanceType: 'standard_nc24ads_a100_v4' });
    await world.expectReady('lower');
    const { conditions = [] } = await statusOf(world.client, place('lower'));
    expect(conditions[0]?.message).toContain('is spelled Standard_NC24ads_A100_v4');
    await world.remove('lower');
  });

  test.each([
    ['insufficientCapacity', 'InsufficientCapacity', /unavailable during launch/],
    ['insufficientCapacityDeleted', 'InsufficientCapacity', /given up/],
    ['quotaExceeded', 'NodeQuotaExceeded', /Regional Cores quota/],
    ['launchError', 'NodeClaimLaunchFailed', /AuthorizationFailed/],
    ['withoutGpus', 'NodePluginsNotReady', /advertises 0 of 1 nvidia.com\/gpu/],
    ['neverRegisters', 'NodeClaimTimedOut', /is not Registered since/],
  ] as const)('%s is told as %s', async (fate, reason, message) => {
    const name = fate.toLowerCase();
    world.provider.behave({ fate: () => fate });
    await submit(world.client, place(name));
    await world.expectFirst(name, { type: 'NodesReady', reason, message: expect.stringMatching(message) });
    await world.remove(name);
    world.provider.behave({ fate: () => 'launch' });
    expect(await leftovers(world.client)).toEqual([]);
  });

  test('a machine that dies is replaced', async () => {
    await submit(world.client, place('mortal'));
    await world.expectReady('mortal');
    const { items } = await world.client.list(nodeClaims);
    await world.provider.loseMachine(items[0]?.metadata.name ?? '');
    await expect.poll(() => boughtFor(world.provider.purchases, place('mortal')).length, patience).toBe(2);
    await world.expectReady('mortal');
    await world.remove('mortal');
    expect(await leftovers(world.client)).toEqual([]);
  });
});

describe('with NodePools', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld('karpenter');
  });

  afterAll(() => world?.end());

  test('names of pools that collide become two pools', async () => {
    await world.client.apply(
      kinds.namespaces,
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'models-a' } },
      { fieldManager: 'test', force: true },
    );
    await submit(world.client, { name: 'b', namespace: 'models-a' });
    await expect.poll(async () => (await world.client.list(nodePools)).items.length, patience).toBe(1);
    await submit(world.client, place('a-b'));
    await world.expectReady('a-b');
    const pools = (await world.client.list(nodePools)).items.map(({ metadata }) => metadata.name);
    expect(pools).toEqual(['models-a-b', expect.stringMatching(/^models-a-b-[0-9a-f]{9}$/)]);
    await world.remove('a-b');
    await world.client.delete(workspaces, { name: 'b', namespace: 'models-a' });
    await expect.poll(() => leftovers(world.client), patience).toEqual([]);
  });

  test('a NodeClass that is not ready is told, and nothing is bought meanwhile', async () => {
    world.provider.behave({ nodeClassFault: 'the subnet does not exist' });
    await expect
      .poll(async () => {
        await submit(world.client, place('classless'));
        return firstFalse(await statusOf(world.client, place('classless')));
      }, patience)
      .toMatchObject({
        reason: 'NodeClassNotReady',
        message: expect.stringContaining('the subnet does not exist'),
      });
    world.provider.behave({ nodeClassFault: undefined });
    await world.expectReady('classless');
    await world.remove('classless');
  });
});

interface World extends Expectations {
  readonly client: KubeClient;
  readonly provider: FakeProvider;
  readonly end: () => Promise<void>;
}

interface Expectations {
  readonly expectReady: (name: string) => Promise<void>;
  /** Of the first condition that is not True. */
  readonly expectFirst: (name: string, wanted: object) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
}

function expectations(client: KubeClient): Expectations {
  return {
    expectReady: async (name) => {
      await expect.poll(async () => (await statusOf(client, place(name))).state, patience).toBe('Ready');
    },
    expectFirst: async (name, wanted) => {
      await expect
        .poll(async () => firstFalse(await statusOf(client, place(name))), patience)
        .toMatchObject(wanted);
    },
    remove: async (name) => {
      await client.delete(workspaces, place(name));
      await expect.poll(() => ignoreNotFound(client.get(workspaces, place(name))), patience).toBeUndefined();
    },
  };
}

async function startWorld(mode: Mode): Promise<World> {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'kaito-provisioning-'));
  const cluster = await startLocalCluster({ stateDirectory });
  const access = await loadKubeconfig({ path: cluster.kubeconfigPath, env: {} });
  const transport = createTransport(access, { userAgent: 'test' });
  const client = createClient(transport);
  await prepare(client, namespace);
  const provider = await startFakeProvider({
    kubeconfigPath: cluster.kubeconfigPath,
    player: 'provider',
    behaviour: { retryMilliseconds: 100 },
  });
  const ended = new AbortController();
  const operator = createOperator({
    client,
    options: parseOptions([...modes[mode], '--node-claim-timeout=2'], {}, 'test'),
    catalogue: embeddedCatalogue(),
    recordTexts: [],
    identity: 'test',
    logger: silentLogger,
    clock: systemClock,
    registry: new Registry(),
    listening: () => {},
  });
  const running = [operator.run(ended.signal), playKubelet(client, ended.signal)];
  return {
    ...expectations(client),
    client,
    provider,
    end: async () => {
      ended.abort();
      await Promise.all(running);
      await provider.stop();
      await transport.close();
      await cluster.close();
      await rm(stateDirectory, { recursive: true, force: true });
    },
  };
}

/** Makes every scheduled pod ready, and lets deleted ones go. */
async function playKubelet(client: KubeClient, signal: AbortSignal): Promise<void> {
  const pods = new Reflector({ client, kind: kinds.pods, labelSelector: 'kaito.sh/workspace' });
  pods.onChange(({ type, object }) => {
    if (type !== 'deleted') void advance(client, object).catch(() => undefined);
  });
  await pods.run(signal);
}

async function advance(client: KubeClient, { metadata, spec, status }: Pod): Promise<void> {
  if (metadata.deletionTimestamp !== undefined) {
    await ignoreNotFound(client.delete(kinds.pods, metadata, { gracePeriodSeconds: 0 }));
    return;
  }
  const others = (status?.conditions ?? []).filter(({ type }) => type !== 'Ready');
  if (spec?.nodeName === undefined || others.length < (status?.conditions ?? []).length) return;
  const conditions = [...others, { type: 'Ready', status: 'True' }];
  await client.patchStatus(kinds.pods, metadata, {
    type: 'merge',
    value: { status: { phase: 'Running', conditions } },
  });
}
