import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { engineOf } from '../engines/index.ts';
import type { Delivery, EngineName } from '../engines/engine.ts';
import type { Failure } from '../failure/failure.ts';
import { startLauncher, type Launcher, type LauncherSurroundings } from '../launcher.ts';
import type { Preparation } from '../prepare/preparation.ts';
import type { Settings } from '../settings/settings.ts';
import type { LauncherStatus } from '../state/status.ts';

const fixture = fileURLToPath(new URL('../../fixtures/runtime.mjs', import.meta.url));

export interface HarnessOptions {
  readonly engine?: EngineName;
  /** How the runtime of the test behaves, see fixtures/runtime.mjs. */
  readonly behaviour?: Readonly<Record<string, unknown>>;
  readonly settings?: Partial<Settings>;
  readonly delivery?: Delivery;
  readonly prepare?: LauncherSurroundings['prepare'];
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Harness {
  readonly launcher: Launcher;
  readonly folder: string;
  readonly url: string;
  readonly output: () => string;
  status(): Promise<LauncherStatus>;
  reach(phase: LauncherStatus['phase']): Promise<LauncherStatus>;
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>;
  terminationMessage(): Failure;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A launcher in this process around a real child process. */
export async function launch(options: HarnessOptions = {}): Promise<Harness> {
  const engine = options.engine ?? 'vllm';
  const folder = mkdtempSync(join(tmpdir(), 'launcher-test-'));
  const programs = join(folder, 'programs');
  mkdirSync(programs);
  for (const program of engineOf(engine).programs) {
    const file = join(programs, program);
    writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${fixture}' "$@"\n`);
    chmodSync(file, 0o755);
  }
  let output = '';
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      output += chunk.toString();
      done();
    },
  });
  const settings = testSettings(folder, { engine, ...options.settings });
  const launcher = startLauncher(settings, {
    environment: {
      PATH: `${programs}:${process.env['PATH'] ?? ''}`,
      FIXTURE: JSON.stringify(options.behaviour ?? {}),
      ...options.environment,
    },
    stdout: sink,
    stderr: sink,
    log: (message, fields) => {
      output += `${message} ${JSON.stringify(fields ?? {})}\n`;
    },
    prepare:
      options.prepare ??
      (async () => preparationOf(options.delivery ?? { kind: 'plain', model: '/weights' })),
    now: Date.now,
  });
  const { port } = await launcher.address;
  const url = `http://127.0.0.1:${port}`;
  const status = async (): Promise<LauncherStatus> =>
    (await (await fetch(`${url}/status`)).json()) as LauncherStatus;
  return {
    launcher,
    folder,
    url,
    output: () => output,
    status,
    async reach(phase) {
      for (;;) {
        const current = await status();
        if (current.phase === phase) return current;
        if (current.phase === 'failed')
          throw new Error(`failed instead: ${JSON.stringify(current.failure)}\n${output}`);
        await sleep(20);
      }
    },
    post: (path, body, init = {}) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...init,
      }),
    terminationMessage: () => JSON.parse(readFileSync(settings.terminationLog ?? '', 'utf8')) as Failure,
    async [Symbol.asyncDispose]() {
      launcher.terminate();
      launcher.terminate();
      await launcher.ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function testSettings(folder: string, overrides: Partial<Settings> = {}): Settings {
  return {
    engine: 'vllm',
    engineVersion: undefined,
    modelName: 'own',
    model: '/weights',
    modelRevision: undefined,
    weightsDirectory: undefined,
    adaptersDirectory: undefined,
    adapters: [],
    configFile: undefined,
    workDirectory: join(folder, 'work'),
    listenAddress: '127.0.0.1',
    port: 0,
    engineArguments: {},
    terminationLog: join(folder, 'termination-log'),
    revision: 'r1',
    terminationGraceSeconds: 10,
    drainDelaySeconds: 0,
    ...overrides,
  };
}

export function preparationOf(delivery: Delivery): Preparation {
  return { delivery, engineVersion: '0.32.0', flags: [], knownFlags: [], warnings: [] };
}

/** Real files of the demo model, which is part of the repository. */
export const demoModelDirectory: string = fileURLToPath(
  new URL('../../../../tools/demo-model', import.meta.url),
);

export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(join('/proc', String(pid), 'stat'), 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

/** Waits until the condition holds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  timeoutMilliseconds: number = 10_000,
): Promise<void> {
  for (const deadline = Date.now() + timeoutMilliseconds; Date.now() < deadline; await sleep(25)) {
    if (await condition()) return;
  }
  throw new Error(`not within ${timeoutMilliseconds} ms: ${condition.toString()}`);
}
