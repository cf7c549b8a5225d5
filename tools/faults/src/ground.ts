import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyCustomResourceDefinitions, connect, superviseRoom } from '@kaito-ts/cli';
import type { KubeClient } from '@kaito-ts/kube-runtime';
import { startRealCluster, type RealCluster, type RealNode } from '@kaito-ts/real-cluster';
import { installAccess } from './access.ts';
import { openCloud, type Cloud } from './cloud.ts';
import { images, pushImages } from './images.ts';
import { putModelRecords } from './model-records.ts';
import { watchSightings, type Sightings } from './sightings.ts';

/** What faults share: a cluster and one operator. */
export interface Ground {
  readonly client: KubeClient;
  readonly cluster: RealCluster;
  readonly sightings: Sightings;
  /** Throws where there is none. */
  readonly node: RealNode;
  /** Throws where nodes are not bought. */
  readonly cloud: Cloud;
  close(): Promise<void>;
}

interface Built {
  readonly operatorArguments: readonly string[];
  readonly cloud?: Cloud;
}

/** A real node, every image, and an operator under the rights of its chart. */
export function prepareNode(progress: (line: string) => void): Promise<Ground> {
  return prepare({ node: true, progress }, async (cluster, client) => {
    if (cluster.node === undefined) throw new Error('the cluster has no node');
    await pushImages(cluster.node.registry, progress);
    const account = await installAccess(cluster, client);
    await putModelRecords(client);
    return {
      operatorArguments: [
        ...['--kubeconfig', account, '--node-provisioner', 'byo', '--default-runtime', 'llamacpp'],
        ...['--runtime-image', `vllm=${images.scriptedRuntime},transformers=${images.empty}`],
      ],
    };
  });
}

/** A cloud that sells machines, and an operator that buys them by Karpenter. */
export function prepareCloud(progress: (line: string) => void): Promise<Ground> {
  return prepare({ progress }, async ({ kubeconfigPath }) => ({
    cloud: await openCloud(kubeconfigPath),
    operatorArguments: [
      ...['--kubeconfig', kubeconfigPath, '--node-provisioner', 'karpenter', '--node-claim-timeout', '8'],
      ...['--karpenter-node-classes', '[{"name":"image-family-ubuntu","default":true,"spec":{}}]'],
    ],
  }));
}

async function prepare(
  options: Parameters<typeof startRealCluster>[0],
  build: (cluster: RealCluster, client: KubeClient) => Promise<Built>,
): Promise<Ground> {
  const cluster = await startRealCluster(options);
  const closing: (() => Promise<void>)[] = [() => cluster.stop()];
  const close = async (): Promise<void> => {
    for (const end of closing.toReversed()) await end();
  };
  try {
    const connection = await connect({
      kubeconfigPath: cluster.kubeconfigPath,
      environment: process.env,
    });
    closing.push(() => connection.close());
    const { client } = connection;
    await applyCustomResourceDefinitions(client);
    const { cloud, operatorArguments } = await build(cluster, client);
    if (cloud !== undefined) closing.push(() => cloud.close());
    const sightings = await watchSightings(client);
    closing.push(() => sightings.stop());
    const logs = await mkdtemp(join(tmpdir(), 'kaito-faults-log-'));
    closing.push(() => rm(logs, { recursive: true, force: true }));
    const operator = await superviseRoom({
      name: 'operator',
      restart: true,
      packageName: '@kaito-ts/operator',
      args: [...operatorArguments, '--metrics-address', '127.0.0.1:0', '--health-address', '127.0.0.1:0'],
      logFile: join(logs, 'operator.log'),
    });
    closing.push(() => operator.stop());
    return {
      client,
      cluster,
      sightings,
      close,
      get node() {
        if (cluster.node === undefined) throw new Error('this ground has no node');
        return cluster.node;
      },
      get cloud() {
        if (cloud === undefined) throw new Error('this ground has no cloud');
        return cloud;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
