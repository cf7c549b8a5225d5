import { readFile, readdir } from 'node:fs/promises';

export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  /** Clock ticks since boot, field 22 of proc(5) stat: with the pid it names one process for ever. */
  readonly startTime: string;
  readonly commandLine: readonly string[];
  readonly residentBytes: number;
}

/** Every process of this machine that can be read; empty where there is no /proc. */
export async function readProcessTable(): Promise<readonly ProcessEntry[]> {
  const names = await readdir('/proc').catch(() => []);
  const entries = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readProcess));
  return entries.filter((entry) => entry !== undefined);
}

/** The process and all that descend from it. */
export function processTree(table: readonly ProcessEntry[], root: number): readonly ProcessEntry[] {
  const children = table.filter((entry) => entry.parentPid === root);
  const self = table.filter((entry) => entry.pid === root);
  return [...self, ...children.flatMap((child) => processTree(table, child.pid))];
}

export async function readProcess(pid: string | number): Promise<ProcessEntry | undefined> {
  try {
    const [stat, commandLine, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
      readFile(`/proc/${pid}/status`, 'utf8'),
    ]);
    // The command name in parentheses may itself hold spaces and parentheses, so fields count from the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // The first thread may be gone while others hold the process's ports for a moment longer.
    if (fields[0] === 'Z' && Number(fields[17]) <= 1) return undefined;
    return {
      pid: Number(pid),
      parentPid: Number(fields[1]),
      startTime: fields[19] ?? '',
      commandLine: commandLine.split('\0').filter((part) => part !== ''),
      residentBytes: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024,
    };
  } catch {
    return undefined;
  }
}
