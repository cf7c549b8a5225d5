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

/**
 * Processes that began in the runtime's session but left its group, or were started by one of them. vLLM's engine process
 * survives the death of its API server and would keep the GPU.
 */
export function strayProcesses(sessionId: number): readonly number[] {
  return processTable()
    .filter(({ pid, session, state }) => session === sessionId && pid !== process.pid && state !== 'Z')
    .map(({ pid }) => pid);
}

/** The runtime and everything below it, also what made a session of its own. */
export function descendants(root: number): readonly number[] {
  const table = processTable();
  const found: number[] = [];
  const pending = [root];
  for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
    for (const { pid, parentPid } of table) {
      if (parentPid !== parent) continue;
      found.push(pid);
      pending.push(pid);
    }
  }
  return found;
}

interface ProcessEntry {
  readonly pid: number;
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
    const [state = '', parent, , session] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return [{ pid, parentPid: Number(parent), session: Number(session), state }];
  } catch {
    return [];
  }
}
