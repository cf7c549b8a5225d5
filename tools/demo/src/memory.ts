import { processTree, readProcessTable, type ProcessEntry, type RunningSystem } from '@kaito-ts/cli';

export interface DemoMemory {
  readonly operator: number;
  readonly launcher: number;
  readonly runtime: number;
}

/** Resident memory of the operator, of the launcher in the pod, and of what the launcher started. */
export async function readMemory(system: RunningSystem): Promise<DemoMemory> {
  const table = await readProcessTable();
  const pidOf = (name: string): number =>
    system.processes.find((each) => each.name === name)?.current().pid ?? 0;
  const launcher = processTree(table, pidOf('node')).find(({ commandLine }) =>
    commandLine.some((argument) => argument.endsWith('/lib/launcher.mjs')),
  );
  const underLauncher = launcher === undefined ? [] : processTree(table, launcher.pid).slice(1);
  return {
    operator: mebibytes(table.filter(({ pid }) => pid === pidOf('operator'))),
    launcher: mebibytes(launcher === undefined ? [] : [launcher]),
    runtime: mebibytes(underLauncher),
  };
}

function mebibytes(entries: readonly ProcessEntry[]): number {
  return Math.round(entries.reduce((sum, { residentBytes }) => sum + residentBytes, 0) / 1024 / 1024);
}
