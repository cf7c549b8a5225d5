import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyCustomResourceDefinitions, connect, superviseRoom } from '@kaito-ts/cli';
import type { KubeClient } from '@kaito-ts/kube-runtime';
import { startRealCluster, type RealCluster, type RealNode } from '@kaito-ts/real-cluster';
import { installAccess } from './access.ts';
import { images, pushImages } from './images.ts';
import { putModelRecords } from './model-records.ts';
import { watchSightings, type Sightings } from './sightings.ts';

/** What all faults share: one cluster with one real node, every image, and one operator under the chart's rights. */
export interface Ground {
  readonly client: KubeClient;
  readonly cluster: RealCluster;
  readonly node: RealNode;
  readonly sightings: Sightings;
  readonly operatorLog: string;
  close(): Promise<void>;
}

export async function prepareGround(progress: (line: string) => void): Promise<Ground> {
  const cluster = await startRealCluster({ node: true, progress });
  const closing: (() => Promise<void>)[] = [() => cluster.stop()];
  const close = async (): Promise<void> => {
    for (const end of closing.toReversed()) await end();
  };
  try {
    const { kubeconfigPath, node } = cluster;
    if (node === undefined) throw new Error('the cluster has no node');
    const connection = await connect({ kubeconfigPath, environment: process.env });
    closing.push(() => connection.close());
    const { client } = connection;
    await pushImages(node.registry, progress);
    await applyCustomResourceDefinitions(client);
    const account = await installAccess(cluster, client);
    await putModelRecords(client);
    const logs = await mkdtemp(join(tmpdir(), 'kaito-faults-log-'));
    closing.push(() => rm(logs, { recursive: true, force: true }));
    const sightings = await watchSightings(client);
    closing.push(() => sightings.stop());
    const operatorLog = join(logs, 'operator.log');
    const operator = await superviseRoom({
      name: 'operator',
      restart: true,
      packageName: '@kaito-ts/operator',
      args: [
        ...['--kubeconfig', account, '--node-provisioner', 'byo', '--default-runtime', 'llamacpp'],
        ...['--runtime-image', `vllm=${images.scriptedRuntime},transformers=${images.empty}`],
      ],
      logFile: operatorLog,
    });
    closing.push(() => operator.stop());
    return { client, cluster, node, sightings, operatorLog, close };
  } catch (error) {
    await close();
    throw error;
  }
}
