import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from '../command-error.ts';
import { packageFolder } from './package-folder.ts';
import { readProcess } from './process-table.ts';

export interface RoomProcessOptions {
  readonly name: string;
  /** The npm package whose first bin is run, e.g. `@kaito-ts/operator`. */
  readonly packageName: string;
  readonly args: readonly string[];
  /** Receives both output streams; shown in part when the process dies. */
  readonly logFile: string;
  /** Keep what the log file holds. Default false. */
  readonly appendLog?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface RoomProcess {
  readonly name: string;
  readonly pid: number;
  readonly startTime: string;
  readonly logFile: string;
  /** The first line of standard output that is a JSON object with `"ready": true`. */
  readonly ready: Promise<Readonly<Record<string, unknown>>>;
  /** Resolves with a sentence when the process has ended, asked to or not. */
  readonly ended: Promise<string>;
  /** SIGTERM, then SIGKILL to the group after `graceSeconds` (default 20). */
  stop(graceSeconds?: number): Promise<void>;
}

/** Starts a room's bin as a process group of its own, so that Ctrl-C reaches only the supervisor and the end has an order. */
export async function startRoomProcess(options: RoomProcessOptions): Promise<RoomProcess> {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = createWriteStream(options.logFile, { flags: options.appendLog === true ? 'a' : 'w' });
  const child = spawn(process.execPath, [await binOf(options.packageName), ...options.args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.environment },
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  const ended = once(child, 'exit').then(([code, signal]) => {
    log.end();
    return signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
  });
  const ready = Promise.race([readyLine(child), ended.then((how) => failStart(options, how))]);
  // Whoever awaits `ready` later gets the rejection; until then it must not count as unhandled.
  ready.catch(() => {});
  return {
    name: options.name,
    pid,
    startTime: (await readProcess(pid))?.startTime ?? '',
    logFile: options.logFile,
    ready,
    ended,
    stop: (graceSeconds = 20) => stopGroup(pid, ended, graceSeconds),
  };
}

async function binOf(packageName: string): Promise<string> {
  const folder = packageFolder(packageName);
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    bin: Record<string, string>;
  };
  return join(folder, Object.values(manifest.bin)[0] ?? '');
}

/** Listens beside the pipe to the log; a readline interface would pause the stream when it is done with it. */
function readyLine({ stdout }: ChildProcess): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve) => {
    let text = '';
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('utf8');
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      const ready = lines.map(parseReady).find((value) => value !== undefined);
      if (ready === undefined) return;
      stdout?.off('data', onData);
      resolve(ready);
    };
    stdout?.on('data', onData);
  });
}

function parseReady(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{') || !line.includes('"ready"')) return undefined;
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    return value['ready'] === true ? value : undefined;
  } catch {
    return undefined;
  }
}

async function failStart({ name, logFile }: RoomProcessOptions, how: string): Promise<never> {
  const lastLines = (await readFile(logFile, 'utf8').catch(() => ''))
    .trimEnd()
    .split('\n')
    .slice(-8)
    .join('\n');
  throw new CommandError({
    code: 'PROCESS_ENDED',
    message: `${name} ${how} before it was ready${lastLines === '' ? '' : `; its last lines:\n${lastLines}`}`,
    next: `read ${logFile}`,
  });
}

async function stopGroup(pid: number, ended: Promise<string>, graceSeconds: number): Promise<void> {
  signalProcess(pid, 'SIGTERM');
  const cancel = new AbortController();
  const patience = delay(graceSeconds * 1000, 'late', { signal: cancel.signal }).catch(() => 'cancelled');
  if ((await Promise.race([ended, patience])) === 'late') signalProcess(-pid, 'SIGKILL');
  await ended;
  cancel.abort();
}

/** Ends a process group that is not our child: SIGTERM, then SIGKILL after ten seconds. */
export async function stopGroupOf(pid: number, startTime: string): Promise<void> {
  signalProcess(pid, 'SIGTERM');
  for (let waited = 0; waited < 10_000; waited += 100) {
    if ((await readProcess(pid))?.startTime !== startTime) return;
    await delay(100);
  }
  signalProcess(-pid, 'SIGKILL');
}

function signalProcess(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch {
    // ESRCH: it is gone already, which is what was wanted.
  }
}
