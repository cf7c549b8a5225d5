import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { within } from './observer.ts';

/** A running operator that can be made to start anew. */
export interface OperatorProcess extends AsyncDisposable {
  readonly pid: number;
  /** How long the last start took until it said that it was ready; undefined when it does not say. */
  readonly readyMilliseconds: number | undefined;
  stop(signal?: NodeJS.Signals): Promise<void>;
  restart(): Promise<void>;
}

export interface OwnOperatorOptions {
  /** This repository's `kaito-operator.mjs`. */
  readonly program: string;
  readonly kubeconfigPath: string;
  readonly logFile: string;
  /** Beyond --kubeconfig. */
  readonly args?: readonly string[];
  /** For node itself, such as --cpu-prof. */
  readonly nodeArgs?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Over a thousand Workspaces, on a machine that is busy with other things. */
const PATIENCE_MILLISECONDS = 90_000;
/** What tools/images/containerfiles/operator.Containerfile sets: measured is what is shipped. */
export const imageEnvironment: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '131072',
};

/** The operator of this repository, as its bundle. */
export async function startOwnOperator(options: OwnOperatorOptions): Promise<OperatorProcess> {
  await prepareBundle(options);
  let child: ChildProcess | undefined;
  let readyMilliseconds: number | undefined;
  const start = async (): Promise<void> => {
    const begun = performance.now();
    const started = await spawnOwn(options);
    child = started.child;
    await untilReady(started);
    readyMilliseconds = performance.now() - begun;
  };
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (child !== undefined) await endChild(child, signal);
  };
  try {
    await start();
  } catch (error) {
    await stop('SIGKILL');
    throw error;
  }
  return {
    get pid() {
      return child?.pid ?? 0;
    },
    get readyMilliseconds() {
      return readyMilliseconds;
    },
    stop,
    [Symbol.asyncDispose]: () => stop(),
    restart: async () => {
      await stop();
      await start();
    },
  };
}

/** Building is not starting. */
async function prepareBundle({ program, env }: OwnOperatorOptions): Promise<void> {
  const child = spawn(process.execPath, [program, '--version'], { env, stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${program} --version ended with ${String(code)}`);
}

interface Started {
  readonly child: ChildProcess;
  readonly health: string;
  readonly logFile: string;
}

async function spawnOwn(options: OwnOperatorOptions): Promise<Started> {
  const { program, kubeconfigPath, logFile, args = [], nodeArgs = [], env } = options;
  const log = openSync(logFile, 'a');
  const argv = [...nodeArgs, program, '--kubeconfig', kubeconfigPath, ...args];
  const child = spawn(process.execPath, argv, {
    env: { ...env, ...imageEnvironment },
    stdio: ['ignore', 'pipe', log],
  });
  closeSync(log);
  const health = Promise.withResolvers<string>();
  createInterface({ input: child.stdout ?? Readable.from([]) }).on('line', (line) => {
    const { listening, health: url } = JSON.parse(line) as { listening?: boolean; health?: string };
    if (listening === true && url !== undefined) health.resolve(url);
  });
  child.once('exit', (code) => health.reject(new Error(`the operator ended with ${String(code)}`)));
  const url = await health.promise.catch(async (error: unknown) => {
    throw new Error(`${String(error)}\n${await lastLines(logFile)}`, { cause: error });
  });
  return { child, health: url, logFile };
}

async function untilReady({ child, health, logFile }: Started): Promise<void> {
  const end = performance.now() + PATIENCE_MILLISECONDS;
  let last = 'it ended';
  while (performance.now() < end && child.exitCode === null) {
    const answer = await fetch(new URL('/readyz', health)).catch((error: unknown) => error);
    if (answer instanceof Response && answer.ok) return;
    last = answer instanceof Response ? await answer.text() : String(answer);
    await wait(20);
  }
  throw new Error(`the operator does not become ready: ${last}\n${await lastLines(logFile)}`);
}

/** The file may be gone by the time when somebody reads the error. */
async function lastLines(logFile: string): Promise<string> {
  return (await readFile(logFile, 'utf8')).trimEnd().split('\n').slice(-10).join('\n');
}

async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MILLISECONDS);
  await ended;
  clearTimeout(timer);
}

/** Somebody else's process: started anew with the command line, folder and environment that it has now. */
export function adoptProcess(pid: number): OperatorProcess {
  let current = pid;
  return {
    // It was there before us.
    [Symbol.asyncDispose]: () => Promise.resolve(),
    get pid() {
      return current;
    },
    readyMilliseconds: undefined,
    stop: async (signal = 'SIGTERM') => {
      process.kill(current, signal);
      await within(PATIENCE_MILLISECONDS, () => !isAlive(current));
    },
    restart: async () => {
      const [commandLine, environment, folder, program] = await Promise.all([
        readFile(`/proc/${current}/cmdline`, 'utf8'),
        readFile(`/proc/${current}/environ`, 'utf8'),
        readlink(`/proc/${current}/cwd`),
        readlink(`/proc/${current}/exe`),
      ]);
      process.kill(current, 'SIGTERM');
      if (!(await within(PATIENCE_MILLISECONDS, () => !isAlive(current))))
        throw new Error(`process ${current} does not end`);
      const child = spawn(program, commandLine.split('\0').slice(1, -1), {
        cwd: folder,
        env: environmentOf(environment),
        stdio: 'ignore',
        detached: true,
      });
      await once(child, 'spawn');
      child.unref();
      current = child.pid ?? 0;
    },
  };
}

function environmentOf(text: string): Record<string, string> {
  const entries = text.split('\0').filter((entry) => entry.includes('='));
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
