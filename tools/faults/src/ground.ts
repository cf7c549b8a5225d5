import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyCustomResourceDefinitions, connect, superviseRoom } from '@kaito-ts/cli';
import type { KubeClient } from '@kaito-ts/kube-runtime';
import { startRealCluster, type RealCluster, type RealNode } from '@kaito-ts/real-cluster';
import { installAccess, type Access } from './access.ts';
import { nodeClaimTimeoutSeconds, openCloud, type Cloud } from './cloud.ts';
import { images, pushImages } from './images.ts';
import { putModelRecords } from './model-records.ts';
import { watchSightings, type Sightings } from './sightings.ts';

type Progress = (line: string) => void;

/** What faults share: a cluster and one operator. */
export interface Ground {
  readonly client: KubeClient;
  readonly cluster: RealCluster;
  readonly sightings: Sightings;
  /** Throws where there is none. */
  readonly node: RealNode;
  /** Throws where nodes are not bought. */
  readonly cloud: Cloud;
  /** Does nothing where the operator is the administrator. */
  readonly grantWriting: Access['grantWriting'];
  close(): Promise<void>;
}

interface Built {
  readonly operatorArguments: readonly string[];
  readonly access?: Access;
  readonly cloud?: Cloud;
}

/** A real node, every image, and an operator under the rights of its chart. */
export function prepareNode(progress: Progress): Promise<Ground> {
  return prepare(true, progress, async (cluster, client) => {
    if (cluster.node === undefined) throw new Error('the cluster has no node');
    await pushImages(cluster.node.registry, progress);
    const access = await installAccess(cluster, client);
    await putModelRecords(client);
    return {
      access,
      operatorArguments: [
        ...['--kubeconfig', access.kubeconfigPath],
        ...['--node-provisioner', 'byo', '--default-runtime', 'llamacpp'],
        ...['--runtime-image', `vllm=${images.scriptedRuntime},transformers=${images.empty}`],
      ],
    };
  });
}

/** A cloud that sells machines, and an operator that buys them by Karpenter. */
export function prepareCloud(progress: Progress): Promise<Ground> {
  return prepare(false, progress, async ({ kubeconfigPath }) => ({
    cloud: await openCloud(kubeconfigPath),
    operatorArguments: [
      ...['--kubeconfig', kubeconfigPath, '--node-provisioner', 'karpenter'],
      ...['--node-claim-timeout', String(nodeClaimTimeoutSeconds)],
      ...['--karpenter-node-classes', '[{"name":"image-family-ubuntu","default":true,"spec":{}}]'],
    ],
  }));
}

async function prepare(
  node: boolean,
  progress: Progress,
  build: (cluster: RealCluster, client: KubeClient) => Promise<Built>,
): Promise<Ground> {
  await using started = new AsyncDisposableStack();
  const cluster = await startRealCluster({ node, progress });
  started.defer(() => cluster.stop());
  const connection = await connect({
    kubeconfigPath: cluster.kubeconfigPath,
    environment: process.env,
  });
  started.defer(() => connection.close());
  const { client } = connection;
  await applyCustomResourceDefinitions(client);
  const { access, cloud, operatorArguments } = await build(cluster, client);
  if (cloud !== undefined) started.defer(() => cloud.close());
  const sightings = await watchSightings(client);
  started.defer(() => sightings.stop());
  const logs = await mkdtemp(join(tmpdir(), 'kaito-faults-log-'));
  started.defer(() => rm(logs, { recursive: true, force: true }));
  const operator = await superviseRoom({
    name: 'operator',
    restart: true,
    onRestart: progress,
    packageName: '@kaito-ts/operator',
    args: [...operatorArguments, '--metrics-address', '127.0.0.1:0', '--health-address', '127.0.0.1:0'],
    logFile: join(logs, 'operator.log'),
  });
  started.defer(() => operator.stop());
  const all = started.move();
  return {
    client,
    cluster,
    sightings,
    grantWriting: async (...what) => access?.grantWriting(...what),
    close: () => all.disposeAsync(),
    get node() {
      if (cluster.node === undefined) throw new Error('this ground has no node');
      return cluster.node;
    },
    get cloud() {
      if (cloud === undefined) throw new Error('this ground has no cloud');
      return cloud;
    },
  };
}
