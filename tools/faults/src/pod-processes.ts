import { readdir, readFile } from 'node:fs/promises';

export interface PodProcess {
  readonly pid: number;
  readonly commandLine: string;
}

/** The processes of a pod's containers on this machine, found by their cgroup. */
export async function processesOfPod(uid: string): Promise<readonly PodProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const cgroup = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
      if (!cgroup.includes(`pod${uid}`)) return [];
      const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return commandLine === '' ? [] : [{ pid: Number(pid), commandLine: commandLine.replaceAll('\0', ' ') }];
    }),
  );
  return found.flat();
}
