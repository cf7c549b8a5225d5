import { CommandError } from '../command-error.ts';
import { readProcess } from './process-table.ts';
import { stopGroupOf } from './room-process.ts';
import { readSystemRecord, type SystemLayout } from './state.ts';

/** Ends what a killed `kaito up` left running; refuses when that `kaito up` still lives. */
export async function endLeftovers(layout: SystemLayout): Promise<readonly string[]> {
  const record = await readSystemRecord(layout);
  if (record === undefined) return [];
  if (await isSameProcess(record.pid, record.startTime)) {
    throw new CommandError({
      code: 'ALREADY_RUNNING',
      message: `a kaito system runs from ${layout.root} already (pid ${record.pid})`,
      next: `use it (kubeconfig ${record.kubeconfig}), stop it with Ctrl-C, or give another --state folder`,
    });
  }
  const ended: string[] = [];
  // The node goes before the API server, so that it can still report the end of its pods.
  for (const { name, pid, startTime } of record.processes.toReversed()) {
    if (!(await isSameProcess(pid, startTime))) continue;
    await stopGroupOf(pid, startTime);
    ended.push(name);
  }
  return ended;
}

/** Process ids are used again; the start time tells whether it is the one that was recorded. */
export async function isSameProcess(pid: number, startTime: string): Promise<boolean> {
  const entry = await readProcess(pid);
  return entry !== undefined && entry.startTime === startTime;
}
