import { afterAll } from 'vitest';
import { kinds, type KubeClient, type KubeObject, type ResourceKind } from '@kaito-ts/kube-runtime';
import { workspaces, type RunningSystem } from '@kaito-ts/cli';
import { describeBadInput } from './bad-input.ts';
import { shareEngine } from './engine.ts';
import { describeScenarios } from './scenarios.ts';
import { startSystemEngine } from './system-engine.ts';

const shared = shareEngine(() =>
  startSystemEngine({
    name: 'local-cluster',
    runtime: 'llamacpp',
    readySeconds: 240,
    countWrites: sumOfVersions,
  }),
);
afterAll(() => shared.close(), 300_000);

/** local-cluster keeps no audit log; every write of an object moves its resource version. */
async function sumOfVersions({ client }: RunningSystem): Promise<number> {
  const sums = await Promise.all([
    sumOf(client, workspaces),
    sumOf(client, kinds.deployments),
    sumOf(client, kinds.services),
    sumOf(client, kinds.pods),
  ]);
  return sums.reduce((sum, each) => sum + each, 0);
}

async function sumOf<T extends KubeObject>(client: KubeClient, kind: ResourceKind<T>): Promise<number> {
  const { items } = await client.list(kind);
  return items.reduce((sum, { metadata }) => sum + Number(metadata.resourceVersion), 0);
}

describeScenarios('local cluster, process-kubelet, llama.cpp', shared.start);
describeBadInput('local cluster, process-kubelet, llama.cpp', shared.start);
