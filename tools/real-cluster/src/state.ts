import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodePlan } from './node/plan.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** What a cluster left on this machine: enough to end it from another process. */
export interface ClusterState {
  readonly url: string;
  readonly kubeconfigPath: string;
  readonly processes: Readonly<Record<string, ProcessIdentity>>;
  /** Routes that were added, to be taken away again. */
  readonly routes: readonly string[];
  /** A real node; written before anything of it is made. */
  readonly node?: NodePlan;
}

const FILE = 'state.json';

export async function readState(directory: string): Promise<ClusterState | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, FILE), 'utf8')) as ClusterState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(
      `${join(directory, FILE)} cannot be read; end its processes by hand and remove the folder`,
      { cause: error },
    );
  }
}

export async function writeState(directory: string, state: ClusterState): Promise<void> {
  const path = join(directory, FILE);
  await writeFile(`${path}.part`, `${JSON.stringify(state, undefined, 2)}\n`);
  await rename(`${path}.part`, path);
}
