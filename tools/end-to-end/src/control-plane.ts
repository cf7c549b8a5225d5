import { join } from 'node:path';
import { grantRights, refusedCalls } from '@kaito-ts/chart';
import type { ProgramRow } from '@kaito-ts/cli';
import { startRealCluster, type RealCluster } from '@kaito-ts/real-cluster';
import type { BoundedEngine, ModelRuntime } from './engine.ts';
import { countOperatorWrites } from './operator-writes.ts';
import { startSystemEngine } from './system-engine.ts';

/** Not loopback, because a real control plane refuses loopback endpoints; made this machine's own by a route. */
const POD_RANGE = '10.245.0.0/24';

const readySeconds: Readonly<Record<ModelRuntime, number>> = { llamacpp: 240, vllm: 600, transformers: 600 };

/**
 * A real control plane; pods run as processes, so that large real runtimes need no image. The operator is a process too,
 * with a token of the chart's ServiceAccount.
 */
export async function startControlPlaneEngine(runtime: ModelRuntime): Promise<BoundedEngine> {
  const cluster = await startRealCluster({ route: POD_RANGE });
  try {
    return await startOn(cluster, runtime);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function startOn(cluster: RealCluster, runtime: ModelRuntime): Promise<BoundedEngine> {
  const rights = await grantRights(cluster);
  const engine = await startSystemEngine({
    name: `control plane, ${runtime}`,
    runtime,
    readySeconds: readySeconds[runtime],
    system: {
      kubeconfigPath: cluster.kubeconfigPath,
      podCidr: POD_RANGE,
      programs: programsOf(runtime),
      // Of a flag that is given twice, the second counts.
      operatorArguments: ['--kubeconfig', rights.kubeconfigPath],
    },
    countWrites: () => countOperatorWrites(cluster.auditLogPath),
    close: () => cluster.stop(),
  });
  return { ...engine, refusals: () => refusedCalls(cluster.auditLogPath, rights.username) };
}

/** The real runtimes, where `npm run test:e2e` installed them. */
function programsOf(runtime: ModelRuntime): readonly ProgramRow[] {
  if (runtime === 'llamacpp')
    return [{ image: 'kaito-ts/llama-cpp', path: [folderOf(required('KAITO_TEST_LLAMA_SERVER'))] }];
  const path = [join(required('KAITO_TEST_VLLM_VENV'), 'bin')];
  const env = { VLLM_CPU_KVCACHE_SPACE: '1', VLLM_NO_USAGE_STATS: '1', OMP_NUM_THREADS: '2' };
  return [
    { image: 'vllm/vllm-openai', path, env },
    { image: 'kaito-ts/transformers', path },
  ];
}

function required(variable: string): string {
  const value = process.env[variable];
  if (value === undefined)
    throw new Error(`${variable} is not set; npm run test:e2e installs the runtimes and sets it`);
  return value;
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf('/'));
}
