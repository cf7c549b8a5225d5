import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { customResourceDefinitions } from '@kaito-ts/api-types';
import { kinds } from '@kaito-ts/kube-runtime';
import { startRealCluster, waitFor, type RealCluster } from '@kaito-ts/real-cluster';
import { connect } from './connection.ts';
import { ensureNamespace, workspaceKind } from './fleet.ts';
import { startOwnOperator, type OperatorProcess } from './operator-process.ts';

export interface BringUpOptions {
  readonly operatorProgram: string;
  readonly env: NodeJS.ProcessEnv;
  readonly progress: (line: string) => void;
  /** For node itself. */
  readonly nodeArgs?: readonly string[];
}

export interface OwnCluster extends AsyncDisposable {
  readonly cluster: RealCluster;
  readonly operator: OperatorProcess;
}

/** Room for 1500 pods: a pod asks for the 8 GPUs that a node's labels tell, and kwok's nodes give 1000 each. */
const KWOK_NODES = 12;

/** What a cluster needs before an operator can start on it: the CRDs and the operator's namespace. */
export async function prepareCluster(kubeconfigPath: string): Promise<void> {
  const { client, close } = await connect(kubeconfigPath);
  try {
    for (const definition of customResourceDefinitions())
      await client.apply(kinds.customResourceDefinitions, definition, {
        fieldManager: 'kaito-bench',
        force: true,
      });
    await ensureNamespace(client, 'kaito-system');
    // An API server serves a kind a moment after it has taken its definition.
    await waitFor('Workspaces are served', async () => (await client.list(workspaceKind)).items, {
      milliseconds: 120_000,
    });
    // It holds creations in the first two seconds of a kind for two seconds, for the sake of its own replicas.
    await wait(2_000);
  } finally {
    await close();
  }
}

/** A real control plane with GPU nodes that kwok plays, and this repository's operator on it. */
export async function bringUp(options: BringUpOptions): Promise<OwnCluster> {
  const { operatorProgram: program, env, progress, nodeArgs = [] } = options;
  const cluster = await startRealCluster({ kwokNodes: KWOK_NODES, env, progress });
  try {
    await prepareCluster(cluster.kubeconfigPath);
    const operator = await startOwnOperator({
      program,
      kubeconfigPath: cluster.kubeconfigPath,
      logFile: join(cluster.directory, 'operator.log'),
      args: ['--leader-elect=true'],
      nodeArgs,
      env,
    });
    return {
      cluster,
      operator,
      [Symbol.asyncDispose]: async () => {
        await operator.stop();
        await cluster.stop();
      },
    };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}
