import { kinds } from '@kaito-ts/kube-runtime';
import { workspaces, type RunningSystem } from '@kaito-ts/cli';
import { describeBadInput } from './bad-input.ts';
import type { Engine } from './engine.ts';
import { describeScenarios } from './scenarios.ts';
import { startSystemEngine } from './system-engine.ts';

const start = (): Promise<Engine> =>
  startSystemEngine({ name: 'local-cluster', runtime: 'llamacpp', readySeconds: 60, countWrites: sumOfVersions });

/** local-cluster keeps no audit log; every write of an object moves its resource version. */
async function sumOfVersions({ client }: RunningSystem): Promise<number> {
  const lists = await Promise.all([
    client.list(workspaces, {}),
    client.list(kinds.deployments, {}),
    client.list(kinds.services, {}),
    client.list(kinds.pods, {}),
  ]);
  return lists.flatMap(({ items }) => items).reduce((sum, { metadata }) => sum + Number(metadata.resourceVersion), 0);
}

describeScenarios('local cluster, process-kubelet, llama.cpp', start);
describeBadInput('local cluster, process-kubelet, llama.cpp', start);
