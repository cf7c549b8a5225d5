import { readdirSync, readFileSync } from 'node:fs';

/** Sends a signal to every process of a group. False when the group is empty. */
export function signalGroup(groupId: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-groupId, signal);
    return true;
  } catch {
    return false;
  }
}

/** A process id alone may meanwhile mean another process. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTime: string;
}

export function killProcess({ pid, startTime }: ProcessIdentity): void {
  if (processEntry(pid)[0]?.startTime !== startTime) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone meanwhile.
  }
}

/**
 * Processes of the runtime's session, whatever their group. vLLM's engine process survives the death of its API server
 * and would keep the GPU.
 */
export function strayProcesses(sessionId: number): readonly ProcessIdentity[] {
  return processTable().filter(({ session, state }) => session === sessionId && state !== 'Z');
}

/** Everything below the runtime, also what made a session of its own. */
export function descendants(root: number): readonly ProcessIdentity[] {
  const table = processTable();
  const found: ProcessIdentity[] = [];
  const pending = [root];
  for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
    for (const entry of table) {
      if (entry.parentPid !== parent) continue;
      found.push(entry);
      pending.push(entry.pid);
    }
  }
  return found;
}

interface ProcessEntry extends ProcessIdentity {
  readonly parentPid: number;
  readonly session: number;
  readonly state: string;
}

function processTable(): readonly ProcessEntry[] {
  let names: readonly string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names.filter((name) => /^\d+$/u.test(name)).flatMap((name) => processEntry(Number(name)));
}

/** `stat` holds the command in parentheses, which may itself hold spaces and parentheses. */
function processEntry(pid: number): readonly ProcessEntry[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state = '', parent, , session] = fields;
    return [{ pid, parentPid: Number(parent), session: Number(session), state, startTime: fields[19] ?? '' }];
  } catch {
    return [];
  }
}
