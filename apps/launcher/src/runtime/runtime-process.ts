import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeEnd } from '../failure/classify.ts';
import { secretValues, type Environment } from './environment.ts';
import { lineRing, relayLines } from './line-relay.ts';
import { countMemoryKills } from './memory-kills.ts';
import { guardAgainstOrphans } from './orphan-guard.ts';
import {
  descendants,
  killProcess,
  signalGroup,
  strayProcesses,
  type ProcessIdentity,
} from './process-group.ts';

export interface RuntimeCommand {
  readonly program: string;
  readonly argv: readonly string[];
  readonly environment: Environment;
  readonly workDirectory: string;
  readonly onLine: (line: string) => void;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** A runtime in a session and process group of its own, so that no signal to the launcher reaches it by accident. */
export interface RuntimeProcess {
  readonly pid: number | undefined;
  /** Resolves once the runtime and all that it started are gone and its last lines were read. */
  readonly ended: Promise<RuntimeEnd>;
  /** Asks the group to end, and ends it after `patienceMilliseconds`. */
  stop(patienceMilliseconds: number): Promise<void>;
}

const ringCapacity = 200;
/** The kernel shall rather end the runtime than the launcher, which could no longer say what happened. */
const memoryScore = '500';
/** Grandchildren may hold the pipes open after the runtime itself is gone. */
const lastLinesMilliseconds = 500;

export function startRuntime(command: RuntimeCommand): RuntimeProcess {
  const memoryKillsBefore = countMemoryKills();
  const ring = lineRing(ringCapacity);
  const child = spawn(command.program, command.argv, {
    cwd: command.workDirectory,
    env: command.environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  const secrets = secretValues(command.environment);
  const onLine = (line: string): void => {
    ring.add(line);
    command.onLine(line);
  };
  relayLines({ source: child.stdout, target: command.stdout, onLine, secrets });
  relayLines({ source: child.stderr, target: command.stderr, onLine, secrets });
  if (pid !== undefined) preferForMemoryKill(pid);
  const guard = pid === undefined ? undefined : guardAgainstOrphans(pid);
  // Both at once: when the streams end first, 'close' comes in the same turn as 'exit'.
  const closed = streamsClosed(child);
  const exited = exitOf(child);
  const ended = waitForEnd();

  return { pid, ended, stop };

  async function waitForEnd(): Promise<RuntimeEnd> {
    const { code, signal, error } = await exited;
    if (error !== undefined) ring.add(error.message);
    if (pid !== undefined) sweep(pid, []);
    guard?.dismiss();
    await Promise.race([closed, sleep(lastLinesMilliseconds)]);
    const killedForMemory = countMemoryKills() > memoryKillsBefore;
    return { program: basename(command.program), code, signal, lines: ring.lines(), killedForMemory };
  }

  async function stop(patienceMilliseconds: number): Promise<void> {
    if (pid === undefined) return;
    const family = descendants(pid);
    signalGroup(pid, 'SIGTERM');
    const timer = setTimeout(() => sweep(pid, family), patienceMilliseconds);
    await ended;
    clearTimeout(timer);
    sweep(pid, family);
  }
}

/** Ends the group, what is left of the session, and those that had left both but were seen below the runtime before. */
function sweep(pid: number, family: readonly ProcessIdentity[]): void {
  signalGroup(pid, 'SIGKILL');
  for (const stray of [...strayProcesses(pid), ...family]) killProcess(stray);
}

interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly error?: Error;
}

async function exitOf(child: ChildProcess): Promise<ChildExit> {
  const { promise, resolve } = Promise.withResolvers<ChildExit>();
  child.once('exit', (code, signal) => resolve({ code, signal }));
  child.once('error', (error) => resolve({ code: null, signal: null, error }));
  return promise;
}

async function streamsClosed(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
}

function preferForMemoryKill(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, memoryScore);
  } catch {
    // Not Linux, or not permitted.
  }
}
