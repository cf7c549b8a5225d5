import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@kaito-ts/kube-runtime';
import { startLocalCluster, type LocalCluster } from '@kaito-ts/local-cluster';
import { startNodeAgent, type NodeAgent } from '../agent/node-agent.ts';
import { compileOptions } from '../agent/options.ts';
import { openImageStore, type ImageStore } from '../images/store.ts';
import type { Container, PodSpec } from '../pod/pod.ts';
import { ClusterFixture } from './cluster-fixture.ts';

/** Image of the table of programs: whatever this host has. */
export const hostImage = 'test/host:1';

export interface NodeFixture {
  readonly directory: string;
  readonly cluster: ClusterFixture;
  readonly kubeconfig: string;
  readonly images: ImageStore;
  readonly agent: NodeAgent;
  close(): Promise<void>;
}

/** A local cluster with one node agent in this process; waits are short. */
export async function startNode(): Promise<NodeFixture> {
  const ground = await startGround();
  const agent = await startNodeAgent(
    compileOptions({
      state: join(ground.directory, 's'),
      images: join(ground.directory, 'images'),
      programs: ground.programsFile,
      nodeName: 'test-node',
      podCidr: '127.65.0.0/24',
      gpus: 2,
      gpuProduct: 'Test-GPU',
      backOffSeconds: 1,
      refreshSeconds: 0.3,
      retrySeconds: 0.3,
    }),
    ground.cluster.transport,
    silentLogger,
  );
  await agent.ready;
  return {
    ...ground,
    agent,
    async close() {
      await agent.close();
      await ground.close();
    },
  };
}

export interface Ground {
  readonly directory: string;
  readonly cluster: ClusterFixture;
  readonly kubeconfig: string;
  readonly images: ImageStore;
  readonly programsFile: string;
  close(): Promise<void>;
}

/** A local cluster, an image store and a table of programs, without an agent. */
export async function startGround(): Promise<Ground> {
  const directory = mkdtempSync(join(tmpdir(), 'pk-'));
  mkdirSync(join(directory, 'lc'));
  const local: LocalCluster = await startLocalCluster({ stateDirectory: join(directory, 'lc') });
  const cluster = await ClusterFixture.open(local.kubeconfigPath);
  const programsFile = join(directory, 'programs.json');
  writeFileSync(programsFile, JSON.stringify([{ image: 'test/host', env: { FROM_TABLE: 'yes' } }]));
  return {
    directory,
    cluster,
    kubeconfig: local.kubeconfigPath,
    images: await openImageStore(join(directory, 'images')),
    programsFile,
    async close() {
      await cluster.transport.close();
      await local.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** One container `main` that runs a shell script of this host. */
export function shell(script: string, change: Partial<Container> = {}): Container {
  return { name: 'main', image: hostImage, command: ['/bin/sh', '-c', script], ...change };
}

export function podOf(container: Container, change: Partial<PodSpec> = {}): PodSpec {
  return { containers: [container], terminationGracePeriodSeconds: 1, ...change };
}
