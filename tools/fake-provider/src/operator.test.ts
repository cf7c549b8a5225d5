import { kinds } from '@kaito-ts/kube-runtime';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { nodeClaims, nodeClassKinds, nodePools } from './kinds.ts';
import {
  boughtFor,
  leftovers,
  nodeClassNames,
  onTwoNodes,
  statusOf,
  submit,
  workspaces,
} from './workspace.test.data.ts';
import { patience, place, startWorld, type World } from './world.test.data.ts';

/** The operator in this process with a provider of ours, on the cluster for one machine: no program, no image, no cloud. */
describe.each(['karpenter', 'azure-gpu-provisioner'] as const)('with --node-provisioner %s', (mode) => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld(mode);
  });

  afterEach(() => world.provider.behave({ fate: () => 'launch' }));

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
    expect(await leftovers(world.client)).toEqual([]);
  });

  test('a machine that dies is replaced', async () => {
    await submit(world.client, place('mortal'));
    await world.expectReady('mortal');
    const { items } = await world.client.list(nodeClaims);
    await world.provider.loseMachine(items[0]?.metadata.name ?? '');
    await expect.poll(() => boughtFor(world.provider.purchases, place('mortal')).length, patience).toBe(2);
    const [, second] = boughtFor(world.provider.purchases, place('mortal'));
    await expect
      .poll(() => statusOf(world.client, place('mortal')), patience)
      .toMatchObject({ state: 'Ready', workerNodes: [second?.node] });
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
    const messages = async (): Promise<readonly (string | undefined)[]> => {
      const classes = await Promise.all(nodeClassKinds.map((kind) => world.client.list(kind)));
      return classes.flatMap(({ items }) => items).map(({ status }) => status?.conditions?.[0]?.message);
    };
    await expect.poll(messages, patience).toEqual(nodeClassNames.map(() => 'the subnet does not exist'));
    await submit(world.client, place('classless'));
    await world.expectFirst('classless', {
      reason: 'NodeClassNotReady',
      message: expect.stringContaining('the subnet does not exist'),
    });
    expect(boughtFor(world.provider.purchases, place('classless'))).toEqual([]);
    world.provider.behave({ nodeClassFault: undefined });
    await world.expectReady('classless');
    await world.remove('classless');
  });
});
