import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { readUsage } from './process-usage.ts';

/** CPU seconds by program. */
export type ClusterUsage = Readonly<Record<string, number>>;

/**
 * What all programs of a cluster have used so far: this one, and those whose command line names the cluster's folder. On a
 * machine that does other things as well it says more than the clock.
 */
export async function readClusterUsage(directory: string): Promise<ClusterUsage> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const programs = await Promise.all(
    pids.map(async (pid) => ({ pid, name: await programOf(pid, directory) })),
  );
  const seconds: Record<string, number> = {};
  for (const { pid, name } of programs) {
    const usage = name === undefined ? undefined : await readUsage(pid);
    if (name !== undefined && usage !== undefined) seconds[name] = (seconds[name] ?? 0) + usage.cpuSeconds;
  }
  return seconds;
}

async function programOf(pid: number, directory: string): Promise<string | undefined> {
  if (pid === process.pid) return 'bench';
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (!commandLine.includes(directory)) return undefined;
  const words = commandLine.split('\0');
  const program = words.find((word) => word.endsWith('.mjs')) ?? words[0] ?? '';
  return basename(program, '.mjs');
}

/** What was used in between. */
export function usedBetween(before: ClusterUsage, after: ClusterUsage): ClusterUsage {
  const used = Object.entries(after).map(([name, seconds]) => [name, seconds - (before[name] ?? 0)] as const);
  return Object.fromEntries(used);
}
