import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { endContainer, killMembers } from './end-processes.ts';
import type { ProcessLedger } from './ledger.ts';
import { containerMembers, markerVariable, type ProcessTarget } from './members.ts';
import type { ProcessTable } from './process-table.ts';

/** When memory runs out, the kernel should take a container and not the agent. */
const oomScoreAdjustment = '500';
/** How long output may still arrive after the process ended, held open by a child that is being killed. */
const outputPatienceMilliseconds = 500;

export interface ProcessCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export interface ProcessIdentity {
  readonly containerId: string;
  readonly pod: string;
  readonly container: string;
  readonly marker: string;
}

interface ProcessExit {
  readonly exitCode: number;
  readonly signal?: number;
  readonly finishedAt: number;
}

export interface ContainerProcess {
  readonly containerId: string;
  readonly pid: number;
  readonly startedAt: number;
  /** Settles when the first process and all that it left behind are gone. */
  readonly exited: Promise<ProcessExit>;
  /** Asks it to leave, and makes it leave after the grace period; a second call can only shorten that. */
  end(graceMilliseconds: number): void;
}

export interface ProcessHost {
  readonly table: ProcessTable;
  readonly ledger: ProcessLedger;
  readonly now: () => number;
}

/** Thrown when a program cannot be started; its code is what a shell would report. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly exitCode = 128;
}

/** Starts the first process of a container in a session of its own, recorded on disk before anyone is told. */
export async function startProcess(
  command: ProcessCommand,
  identity: ProcessIdentity,
  {
    host,
    onOutput,
  }: { readonly host: ProcessHost; readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void },
): Promise<ContainerProcess> {
  const { table, ledger, now } = host;
  const child = spawn(command.file, command.args, {
    cwd: command.cwd,
    env: { ...command.env, [markerVariable]: identity.marker },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw await startError(child, command.file);
  const startTime = table.find(pid)?.startTime ?? 'unknown';
  const target: ProcessTarget = { pid, startTime, marker: identity.marker };
  ledger.add({ ...identity, pid, startTime, bootId: table.bootId });
  child.on('error', () => undefined);
  child.stdout.on('data', (chunk: Buffer) => onOutput('stdout', chunk));
  child.stderr.on('data', (chunk: Buffer) => onOutput('stderr', chunk));
  const outputEnded = Promise.all([once(child.stdout, 'close'), once(child.stderr, 'close')]);
  preferForOutOfMemory(pid);

  let ending: Promise<unknown> | undefined;
  let deadline = Number.POSITIVE_INFINITY;
  const exited = once(child, 'exit').then(async ([code, signal]: unknown[]): Promise<ProcessExit> => {
    const finishedAt = now();
    await (ending ?? killMembers(() => containerMembers(target, table)));
    await Promise.race([outputEnded, delay(outputPatienceMilliseconds)]);
    ledger.remove(identity.containerId);
    return { ...exitCode(code as number | null, signal as NodeJS.Signals | null), finishedAt };
  });
  return {
    containerId: identity.containerId,
    pid,
    startedAt: now(),
    exited,
    end(graceMilliseconds) {
      deadline = Math.min(deadline, performance.now() + graceMilliseconds);
      ending ??= endContainer(target, { table, deadline: () => deadline });
    },
  };
}

export interface CommandOutcome {
  readonly exitCode: number;
  readonly timedOut: boolean;
  /** The last of what it wrote to either stream. */
  readonly output: string;
}

const keptOutputBytes = 4096;

/** Runs a command beside a container (probe or hook), killing its whole group when it takes too long. */
export async function runCommand(
  command: ProcessCommand,
  { marker, timeoutMilliseconds }: { readonly marker: string; readonly timeoutMilliseconds: number },
): Promise<CommandOutcome> {
  const child = spawn(command.file, command.args, {
    cwd: command.cwd,
    env: { ...command.env, [markerVariable]: marker },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw await startError(child, command.file);
  let output = Buffer.alloc(0);
  const keep = (chunk: Buffer): void => {
    output = Buffer.concat([output, chunk]).subarray(-keptOutputBytes);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(pid);
  }, timeoutMilliseconds);
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  killGroup(pid);
  child.stdout.destroy();
  child.stderr.destroy();
  return { exitCode: exitCode(code, signal).exitCode, timedOut, output: output.toString('utf8').trim() };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is empty.
  }
}

async function startError(child: ChildProcess, file: string): Promise<StartError> {
  const [cause] = (await once(child, 'error')) as [NodeJS.ErrnoException];
  return new StartError(`cannot start ${file}: ${cause.code ?? cause.message}`, { cause });
}

function exitCode(
  code: number | null,
  signal: NodeJS.Signals | null,
): { readonly exitCode: number; readonly signal?: number } {
  if (signal === null) return { exitCode: code ?? 0 };
  const number = constants.signals[signal];
  return { exitCode: 128 + number, signal: number };
}

function preferForOutOfMemory(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, oomScoreAdjustment);
  } catch {
    // Not Linux, or it has ended already.
  }
}
