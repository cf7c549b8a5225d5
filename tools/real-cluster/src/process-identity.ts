import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

/** A process, told from a later one that got the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot, as /proc has it; absent where there is no /proc. */
  readonly startTime?: string;
}

const POLL_MILLISECONDS = 20;

export async function identify(pid: number): Promise<ProcessIdentity> {
  const startTime = (await readStat(pid))?.startTime;
  return startTime === undefined ? { pid } : { pid, startTime };
}

export async function isAlive({ pid, startTime }: ProcessIdentity): Promise<boolean> {
  const stat = await readStat(pid);
  if (stat !== undefined) return !hasEnded(stat) && (startTime === undefined || stat.startTime === startTime);
  if (startTime !== undefined) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Ends a process: the signal, then SIGKILL when it is still there after the patience. True when it is gone. */
export async function endProcess(
  identity: ProcessIdentity,
  signal: NodeJS.Signals,
  patienceMilliseconds: number,
): Promise<boolean> {
  if (await signalAndWait(identity, signal, patienceMilliseconds)) return true;
  return signalAndWait(identity, 'SIGKILL', 5_000);
}

async function signalAndWait(
  identity: ProcessIdentity,
  signal: NodeJS.Signals,
  milliseconds: number,
): Promise<boolean> {
  const end = performance.now() + milliseconds;
  if (!(await isAlive(identity))) return true;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
    throw error;
  }
  while (performance.now() < end) {
    if (!(await isAlive(identity))) return true;
    await wait(POLL_MILLISECONDS);
  }
  return false;
}

interface Stat {
  readonly state: string;
  readonly startTime: string;
  readonly threads: number;
}

/** The first thread may be gone while others hold the process's ports and files for a moment longer. */
function hasEnded({ state, threads }: Stat): boolean {
  return state === 'Z' && threads <= 1;
}

async function readStat(pid: number): Promise<Stat | undefined> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name in parentheses may hold spaces and parentheses itself.
  const [state = '', ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state, startTime: rest[18] ?? '', threads: Number(rest[16]) };
}
