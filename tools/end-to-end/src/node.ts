import { connect, demoImageList } from '@kaito-ts/cli';
import { refusedCalls, release, usernameOf, readManifests, render } from '@kaito-ts/chart';
import { buildImages, folderImage, listedImages, projectImages } from '@kaito-ts/images';
import { kinds, type KubeClient } from '@kaito-ts/kube-runtime';
import { startRealCluster, type RealCluster, type RealNode } from '@kaito-ts/real-cluster';
import { containersOf } from './containers.ts';
import type { BoundedEngine } from './engine.ts';
import { installedOperator, type InstalledOperator } from './installed-operator.ts';
import { countOperatorWrites } from './operator-writes.ts';

export interface NodeEngineOptions {
  /** Values of the chart, as `--set` takes them, beside the default runtime, which is llamacpp. */
  readonly values?: readonly string[];
  /** GPUs that the node says it has. Default 0. */
  readonly gpus?: number;
}

export interface NodeEngine extends BoundedEngine {
  readonly cluster: RealCluster;
  readonly node: RealNode;
  readonly operator: InstalledOperator;
  /** The name by which the API server knows the operator. */
  readonly username: string;
}

/**
 * A real control plane and a real kubelet: pods are containers of images that were built from this checkout, the
 * operator's too, which its own chart installs. Every namespace in use enforces the restricted Pod Security level.
 */
export async function startNodeEngine(
  progress: (line: string) => void,
  options: NodeEngineOptions = {},
): Promise<NodeEngine> {
  const cluster = await startRealCluster({ node: true, gpus: options.gpus ?? 0, progress });
  try {
    return await startOn(cluster, progress, options);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function startOn(
  cluster: RealCluster,
  progress: (line: string) => void,
  { values = [] }: NodeEngineOptions,
): Promise<NodeEngine> {
  const { kubeconfigPath, node, auditLogPath } = cluster;
  if (node === undefined) throw new Error('the cluster has no node');
  await pushImages(node.registry, progress);
  const connection = await connect({ kubeconfigPath, environment: process.env });
  const { client } = connection;
  await enforceRestricted(client);
  const operator = installedOperator(client, node, kubeconfigPath);
  progress('installing the chart …');
  await operator.release.install('defaultRuntime=llamacpp', ...values);
  const username = usernameOf(readManifests(await render('default')));
  return {
    name: 'node',
    runtime: 'llamacpp',
    readySeconds: 240,
    client,
    kubeconfigPath,
    cluster,
    node,
    operator,
    username,
    buildImage: async (tag, folder) => {
      await buildImages([folderImage(folder, tag)], { registry: node.registry, push: true });
    },
    podProcesses: async () => {
      const containers = await containersOf(node);
      return containers
        .filter(({ environment }) => environment.get('POD_NAMESPACE') !== release.namespace)
        .flatMap(({ processes }) => processes);
    },
    killAndRestart: async (name) => {
      if (name === 'operator') return operator.killLeader();
      await node.crash();
      await node.restart();
    },
    countWrites: () => countOperatorWrites(auditLogPath),
    refusals: () => refusedCalls(auditLogPath, username),
    close: async () => {
      await connection.close();
      await cluster.stop();
    },
  };
}

/** Under the names that Workspaces and the chart use: the node asks its own registry for every image. */
async function pushImages(registry: string, progress: (line: string) => void): Promise<void> {
  const list = demoImageList();
  if (list === undefined) throw new Error('examples/demo/images.yaml is missing');
  const own = Object.values(await projectImages());
  await buildImages([...own, ...(await listedImages(list))], { registry, push: true, progress });
}

async function enforceRestricted(client: KubeClient): Promise<void> {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await client.patch(
    kinds.namespaces,
    { name: 'default' },
    { type: 'merge', value: { metadata: { labels } } },
  );
}
