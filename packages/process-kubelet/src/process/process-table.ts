import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  /** 0 where the system does not tell. */
  readonly sessionId: number;
  /** With the pid it names a process for good; comparable only for equality. */
  readonly startTime: string;
  /** It has ended and only waits for its parent to take notice. */
  readonly isZombie: boolean;
}

/** The processes of this machine, as they are now. */
export interface ProcessTable {
  list(): readonly ProcessEntry[];
  find(pid: number): ProcessEntry | undefined;
  /** One variable of the environment that the process was started with, where it can be read. */
  variable(pid: number, name: string): string | undefined;
  /** Changes when the machine restarts, after which recorded pids mean nothing. */
  readonly bootId: string;
}

export function systemProcessTable(): ProcessTable {
  return process.platform === 'linux' ? linuxProcessTable() : psProcessTable();
}

function linuxProcessTable(): ProcessTable {
  const find = (pid: number): ProcessEntry | undefined => {
    const text = readOrUndefined(`/proc/${pid}/stat`);
    return text === undefined ? undefined : parseStat(pid, text);
  };
  return {
    bootId: (readOrUndefined('/proc/sys/kernel/random/boot_id') ?? 'unknown').trim(),
    find,
    list: () =>
      readdirSync('/proc').flatMap((name) => {
        const entry = /^\d+$/.test(name) ? find(Number(name)) : undefined;
        return entry === undefined ? [] : [entry];
      }),
    variable(pid, name) {
      const environment = readOrUndefined(`/proc/${pid}/environ`);
      const prefix = `${name}=`;
      return environment
        ?.split('\0')
        .find((entry) => entry.startsWith(prefix))
        ?.slice(prefix.length);
    },
  };
}

/** The command name is in parentheses and may hold anything, so fields are counted after the last one. */
export function parseStat(pid: number, text: string): ProcessEntry | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = '', parentPid, , sessionId] = fields;
  const startTime = fields[19];
  if (startTime === undefined) return undefined;
  return {
    pid,
    parentPid: Number(parentPid),
    sessionId: Number(sessionId),
    startTime,
    isZombie: state === 'Z' || state === 'X',
  };
}

/**
 * Elsewhere (macOS) `ps` tells the same but sessions and environments: a process that left its parent and its group is
 * then not found again.
 */
function psProcessTable(): ProcessTable {
  return {
    bootId: 'unknown',
    list: listByPs,
    find: (pid) => listByPs().find((entry) => entry.pid === pid),
    variable: () => undefined,
  };
}

function listByPs(): readonly ProcessEntry[] {
  return execFileSync('ps', ['-axo', 'pid=,ppid=,pgid=,stat=,lstart='], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => {
      const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+)$/.exec(line);
      if (match === null) return [];
      const [, pid, parentPid, groupId, state = '', startTime = ''] = match;
      return [
        {
          pid: Number(pid),
          parentPid: Number(parentPid),
          // Containers lead their own session and group, under one number.
          sessionId: Number(groupId),
          startTime: startTime.trim(),
          isZombie: state.startsWith('Z'),
        },
      ];
    });
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
