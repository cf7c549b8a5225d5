import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineName } from '../engines/engine.ts';
import { assembleLauncherRoot } from '../image/assemble-launcher-root.ts';
import type { LauncherStatus } from '../state/status.ts';
import { demoModelDirectory } from './harness.ts';

export interface Order {
  readonly engine: EngineName;
  /** Folder of the runtime's program. */
  readonly programs: string;
  readonly weights: string;
  readonly strengths?: Readonly<Record<string, string>>;
  readonly config?: string;
}

export interface Served {
  readonly url: string;
  readonly process: ChildProcess;
  readonly log: () => string;
  readonly work: string;
  status(): Promise<LauncherStatus>;
  post(path: string, body: unknown): Promise<Response>;
}

export interface InjectedLauncher {
  readonly folder: string;
  /** The launcher as a pod would start it, around a real runtime; resolves when it is ready. */
  serve(order: Order): Promise<Served>;
  /** Ends what a failed test left running. */
  endAll(): Promise<void>;
  remove(): void;
}

/** Less than the tests' own timeouts, so that a failure shows the log. */
const patienceMilliseconds: Readonly<Record<EngineName, number>> = {
  vllm: 480_000,
  transformers: 150_000,
  llamacpp: 150_000,
};

export const servedName = 'own-tiny-qwen2';

export async function injectLauncher(): Promise<InjectedLauncher> {
  const folder = mkdtempSync(join(tmpdir(), 'launcher-real-'));
  const root = join(folder, 'injected');
  await assembleLauncherRoot({ targetDirectory: root });
  const started: ChildProcess[] = [];
  return {
    folder,
    serve: (order) => serve(order, { folder, root, started }),
    endAll: async () => {
      await Promise.all(started.splice(0).map(end));
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

interface Place {
  readonly folder: string;
  readonly root: string;
  readonly started: ChildProcess[];
}

async function serve(order: Order, { folder, root, started }: Place): Promise<Served> {
  const work = mkdtempSync(join(folder, `${order.engine}-`));
  const port = await freePort();
  const child = spawn(join(root, 'bin/tini'), ['--', join(root, 'bin/launcher')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(order, { work, port }),
  });
  started.push(child);
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const url = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + patienceMilliseconds[order.engine];
  for (;;) {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(10_000) }).catch(
      () => undefined,
    );
    if (answer?.status === 200) break;
    if (hasEnded(child)) throw new Error(`the launcher ended with ${child.exitCode}\n${log}`);
    if (performance.now() > deadline) throw new Error(`the launcher is not ready\n${log.slice(-8_000)}`);
    await sleep(200);
  }
  return {
    url,
    process: child,
    log: () => log,
    work,
    status: async () => (await (await fetch(`${url}/status`)).json()) as LauncherStatus,
    post: (path, body) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  };
}

function environment(
  { engine, programs, weights, strengths = {}, config }: Order,
  { work, port }: { work: string; port: number },
): NodeJS.ProcessEnv {
  const configFile = join(work, 'inference_config.yaml');
  if (config !== undefined) writeFileSync(configFile, config);
  const adapters = Object.entries(strengths).map(([name, strength]) => ({ name, strength }));
  return {
    PATH: `${programs}:${process.env['PATH'] ?? ''}`,
    HOME: work,
    VLLM_CPU_KVCACHE_SPACE: '1',
    KAITO_ENGINE: engine,
    KAITO_MODEL_NAME: servedName,
    KAITO_MODEL: weights,
    KAITO_ADAPTERS: JSON.stringify(adapters),
    KAITO_ADAPTERS_DIRECTORY: demoModelDirectory,
    KAITO_WORK_DIRECTORY: work,
    KAITO_PORT: String(port),
    KAITO_TERMINATION_LOG: join(work, 'termination-log'),
    ...(config === undefined ? {} : { KAITO_CONFIG_FILE: configFile }),
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Ends the launcher as the kubelet does: a SIGKILL would part tini from its child. */
export async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
