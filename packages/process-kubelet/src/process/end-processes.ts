import { setTimeout as delay } from 'node:timers/promises';
import { containerMembers, type ProcessTarget } from './members.ts';
import type { ProcessEntry, ProcessTable } from './process-table.ts';

/** Children whose parent ended in time are asked too, but not waited for longer than this. */
const orphanGraceMilliseconds = 2000;
const firstPollMilliseconds = 20;
const slowestPollMilliseconds = 200;
/** A process in an uninterruptible wait cannot be killed; it is reported instead of waited for without end. */
const killPatienceMilliseconds = 10_000;

export interface EndOptions {
  readonly table: ProcessTable;
  /** On the clock of `performance.now()`; asked again and again, because it may come closer meanwhile. */
  readonly deadline: () => number;
}

/**
 * Ends a container: SIGTERM to its first process (which, as in a container, is the one to pass it on), time to leave;
 * then the same for whoever stayed behind; then SIGKILL to everything. Returns the processes that could not be killed.
 */
export async function endContainer(
  target: ProcessTarget,
  options: EndOptions,
): Promise<readonly ProcessEntry[]> {
  const { table, deadline } = options;
  const seen = containerMembers(target, table);
  if (isAlive(target, table)) {
    signal(target.pid, 'SIGTERM');
    await waitUntil(() => !isAlive(target, table), deadline);
  }
  const orphans = containerMembers(target, table, seen);
  if (orphans.length > 0 && !isAlive(target, table)) {
    for (const { pid } of orphans) signal(pid, 'SIGTERM');
    const patience = performance.now() + orphanGraceMilliseconds;
    const gone = (): boolean => containerMembers(target, table, seen).length === 0;
    await waitUntil(gone, () => Math.min(deadline(), patience));
  }
  return killMembers(() => containerMembers(target, table, seen));
}

/** SIGKILL to every process that `members` finds, until it finds none: one may be born while another is killed. */
export async function killMembers(members: () => readonly ProcessEntry[]): Promise<readonly ProcessEntry[]> {
  const deadline = performance.now() + killPatienceMilliseconds;
  const allKilled = (): boolean => {
    const living = members();
    for (const { pid } of living) signal(pid, 'SIGKILL');
    return living.length === 0;
  };
  await waitUntil(allKilled, () => deadline);
  return members();
}

function isAlive({ pid, startTime }: ProcessTarget, table: ProcessTable): boolean {
  const entry = table.find(pid);
  return entry !== undefined && entry.startTime === startTime && !entry.isZombie;
}

async function waitUntil(condition: () => boolean, deadline: () => number): Promise<void> {
  for (
    let pause = firstPollMilliseconds;
    !condition();
    pause = Math.min(pause * 2, slowestPollMilliseconds)
  ) {
    const left = deadline() - performance.now();
    if (left <= 0) return;
    await delay(Math.min(pause, left));
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in between.
  }
}
