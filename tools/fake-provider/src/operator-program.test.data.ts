import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const operator = new URL('../../../apps/operator/', import.meta.url);
const startMilliseconds = 60_000;

/** The program as it is now, under a name of its own: a rebuild while a test runs changes nothing in it. */
export interface OperatorBundle extends AsyncDisposable {
  readonly path: string;
}

export async function prepareOperatorProgram(): Promise<OperatorBundle> {
  const builder = spawn(process.execPath, [
    fileURLToPath(new URL('bin/kaito-operator.mjs', operator)),
    '--version',
  ]);
  const [code] = (await once(builder, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`kaito-operator --version ended with ${String(code)}`);
  const path = fileURLToPath(new URL(`dist/copy-${process.pid}.mjs`, operator));
  await copyFile(fileURLToPath(new URL('dist/main.mjs', operator)), path);
  return { path, [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}

/** The operator as users run it: its program, which can be killed. */
export interface OperatorProgram {
  readonly health: string;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export async function startOperatorProgram(
  { path }: OperatorBundle,
  kubeconfigPath: string,
  flags: readonly string[],
): Promise<OperatorProgram> {
  const log = process.env['KAITO_TEST_LOG'] === undefined ? 'ignore' : 'inherit';
  const child = spawn(process.execPath, [path, '--kubeconfig', kubeconfigPath, ...flags], {
    stdio: ['ignore', 'pipe', log],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  try {
    return { health: await listeningAt(child), kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
}

async function listeningAt(child: ChildProcess): Promise<string> {
  const health = Promise.withResolvers<string>();
  createInterface({ input: child.stdout ?? Readable.from([]) }).on('line', (line) => {
    const { health: url } = JSON.parse(line) as { health?: string };
    if (url !== undefined) health.resolve(url);
  });
  child.once('exit', (code) => health.reject(new Error(`the operator ended with ${String(code)}`)));
  const impatience = setTimeout(
    () => health.reject(new Error('the operator does not listen')),
    startMilliseconds,
  );
  return health.promise.finally(() => clearTimeout(impatience));
}
