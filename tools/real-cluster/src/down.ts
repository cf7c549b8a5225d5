import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { stopNode } from './node/stop-node.ts';
import { endProcess } from './process-identity.ts';
import { removeLocalRoute } from './route.ts';
import { readState } from './state.ts';

/** The API server would wait a minute for its watches; its data is thrown away in any case. */
const PATIENCE_MILLISECONDS = 1_500;

/** Ends all that a cluster's state file names, and leaves only its logs. Nothing to end is fine. */
export async function stopCluster(directory: string): Promise<void> {
  const state = await readState(directory);
  if (state?.node !== undefined) await stopNode(state.node, state.processes);
  const names = Object.keys(state?.processes ?? {}).toReversed();
  const failed: string[] = [];
  for (const name of names) {
    const identity = state?.processes[name];
    if (identity !== undefined && !(await endProcess(identity, 'SIGTERM', PATIENCE_MILLISECONDS)))
      failed.push(`${name} (${identity.pid})`);
  }
  for (const route of state?.routes ?? []) await removeLocalRoute(route);
  if (failed.length > 0) throw new Error(`cannot end ${failed.join(', ')}`);
  await removeFiles(directory);
}

async function removeFiles(directory: string): Promise<void> {
  const ours = new Set(['etcd', 'pki', 'kubeconfig', 'state.json']);
  const present = await readdir(directory).catch(() => []);
  await Promise.all(
    present.filter((name) => ours.has(name)).map((name) => rm(join(directory, name), { recursive: true })),
  );
}
