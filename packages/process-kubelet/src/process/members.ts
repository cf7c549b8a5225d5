import type { ProcessEntry, ProcessTable } from './process-table.ts';

/** Every process of a container has it in its environment, unless it cleared it. */
export const markerVariable = 'KAITO_PROCESS_KUBELET_CONTAINER';

/** What identifies the processes of one container, even after its first process is gone. */
export interface ProcessTarget {
  readonly pid: number;
  readonly startTime: string;
  readonly marker: string;
}

/**
 * All living processes of a container: its session, whatever carries its marker (it may have made a session of its
 * own), those seen before, and all children of these.
 */
export function containerMembers(
  target: ProcessTarget,
  table: ProcessTable,
  seenBefore: readonly ProcessEntry[] = [],
): readonly ProcessEntry[] {
  const living = table.list().filter(({ isZombie }) => !isZombie);
  const seen = new Set(seenBefore.map((entry) => identity(entry)));
  const leader = living.find(({ pid }) => pid === target.pid);
  // A session's number is not given away while it has a member, so a stranger under it means that ours is gone.
  const sessionIsOurs = leader === undefined || leader.startTime === target.startTime;
  const isOurs = (entry: ProcessEntry): boolean =>
    (entry.sessionId === target.pid && sessionIsOurs) ||
    seen.has(identity(entry)) ||
    table.variable(entry.pid, markerVariable) === target.marker;
  return withDescendants(
    living.filter((entry) => isOurs(entry)),
    living,
  );
}

/** Living processes whose marker begins with `prefix`, and their children. */
export function markedProcesses(prefix: string, table: ProcessTable): readonly ProcessEntry[] {
  const living = table.list().filter(({ isZombie }) => !isZombie);
  const marked = living.filter(({ pid }) => table.variable(pid, markerVariable)?.startsWith(prefix) === true);
  return withDescendants(marked, living);
}

function withDescendants(
  roots: readonly ProcessEntry[],
  living: readonly ProcessEntry[],
): readonly ProcessEntry[] {
  const found = new Map(roots.filter(({ pid }) => pid !== process.pid).map((entry) => [entry.pid, entry]));
  for (let grown = true; grown;) {
    grown = false;
    for (const entry of living) {
      if (found.has(entry.pid) || !found.has(entry.parentPid) || entry.pid === process.pid) continue;
      found.set(entry.pid, entry);
      grown = true;
    }
  }
  return [...found.values()];
}

function identity({ pid, startTime }: ProcessEntry): string {
  return `${pid} ${startTime}`;
}
