import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  applyCustomResourceDefinitions,
  connect,
  demoImageList,
  processTree,
  readProcessTable,
  superviseRoom,
  type ProcessEntry,
} from '@kaito-ts/cli';
import { buildImages, listedImages, projectImages } from '@kaito-ts/images';
import { kinds, type KubeClient } from '@kaito-ts/kube-runtime';
import { startRealCluster, type RealCluster, type RealNode } from '@kaito-ts/real-cluster';
import type { Engine } from './engine.ts';
import { countOperatorWrites } from './operator-writes.ts';

/** A real control plane and a real kubelet: pods are containers of images that were built from this checkout. */
export async function startNodeEngine(progress: (line: string) => void): Promise<Engine> {
  const cluster = await startRealCluster({ node: true, progress });
  try {
    return await startOn(cluster, progress);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function startOn(cluster: RealCluster, progress: (line: string) => void): Promise<Engine> {
  const { kubeconfigPath, node } = cluster;
  if (node === undefined) throw new Error('the cluster has no node');
  await pushImages(node.registry, progress);
  const connection = await connect({ kubeconfigPath, environment: process.env });
  const { client } = connection;
  await enforceRestricted(client);
  await applyCustomResourceDefinitions(client);
  const logs = await mkdtemp(join(tmpdir(), 'kaito-e2e-node-'));
  const operator = await superviseRoom({
    name: 'operator',
    restart: true,
    packageName: '@kaito-ts/operator',
    args: ['--kubeconfig', kubeconfigPath, '--node-provisioner', 'byo', '--default-runtime', 'llamacpp'],
    logFile: join(logs, 'operator.log'),
  });
  return {
    name: 'node',
    runtime: 'llamacpp',
    readySeconds: 120,
    client,
    kubeconfigPath,
    imagesPath: '',
    podProcesses: () => containerProcesses(node),
    pidOf: (name) => {
      if (name === 'operator') return operator.current().pid;
      throw new Error('a real node is several processes');
    },
    killAndRestart: async (name) => {
      if (name === 'node') {
        await node.crash();
        await node.restart();
        return;
      }
      const { pid } = operator.current();
      process.kill(pid, 'SIGKILL');
      while (operator.current().pid === pid) await new Promise((resolve) => setTimeout(resolve, 100));
    },
    countWrites: () => countOperatorWrites(cluster.auditLogPath),
    close: async () => {
      await operator.stop();
      await connection.close();
      await cluster.stop();
      if (process.env['KAITO_TEST_KEEP'] === undefined) await rm(logs, { recursive: true, force: true });
    },
  };
}

/** Under the names that Workspaces use: the node asks its own registry for every image. */
async function pushImages(registry: string, progress: (line: string) => void): Promise<void> {
  const list = demoImageList();
  if (list === undefined) throw new Error('examples/demo/images.yaml is missing');
  const { launcher, 'llama-cpp': llamaCpp } = await projectImages();
  const recipes = [launcher, llamaCpp, ...(await listedImages(list))];
  await buildImages(recipes, { registry, push: true, progress });
}

async function enforceRestricted(client: KubeClient): Promise<void> {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await client.patch(
    kinds.namespaces,
    { name: 'default' },
    { type: 'merge', value: { metadata: { labels } } },
  );
}

/** What runs in containers, without the process that holds each pod's namespaces open. */
async function containerProcesses(node: RealNode): Promise<readonly ProcessEntry[]> {
  const [shims, table] = await Promise.all([node.shims(), readProcessTable()]);
  return shims.flatMap((shim) =>
    table
      .filter(({ parentPid, commandLine }) => parentPid === shim && !isPause(commandLine))
      .flatMap(({ pid }) => processTree(table, pid)),
  );
}

function isPause(commandLine: readonly string[]): boolean {
  return commandLine.some((word) => word.includes('sleep 3600 & wait'));
}
