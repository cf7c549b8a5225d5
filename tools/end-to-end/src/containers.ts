import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { processTree, readProcessTable, type ProcessEntry } from '@kaito-ts/cli';
import type { RealNode } from '@kaito-ts/real-cluster';

/** A container of the node, as this machine sees it. */
export interface Container {
  /** Its first process, whose end is the container's. */
  readonly root: ProcessEntry;
  /** The first process and all that descend from it. */
  readonly processes: readonly ProcessEntry[];
  readonly environment: ReadonlyMap<string, string>;
}

/** Every container that runs, without those that only hold their pod's namespaces open. */
export async function containersOf(node: RealNode): Promise<readonly Container[]> {
  const [shims, table] = await Promise.all([node.shims(), readProcessTable()]);
  const roots = table.filter(
    ({ parentPid, commandLine }) =>
      shims.includes(parentPid) && !isPause(commandLine) && !isRuntime(commandLine),
  );
  const containers = await Promise.all(
    roots.map(async (root) => ({
      root,
      processes: processTree(table, root.pid),
      environment: await environmentOf(root.pid),
    })),
  );
  // One that has ended meanwhile does not say whose it was.
  return containers.filter(({ environment }) => environment.size > 0);
}

function isPause(commandLine: readonly string[]): boolean {
  return commandLine.some((word) => word.includes('sleep 3600 & wait'));
}

/** runc works under the shim for a moment, when it makes a container and when it takes one away. */
function isRuntime([program = '']: readonly string[]): boolean {
  return basename(program) === 'runc';
}

/** Empty for a process that has ended meanwhile. */
async function environmentOf(pid: number): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return new Map(
    text
      .split('\0')
      .filter((entry) => entry.includes('='))
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}
