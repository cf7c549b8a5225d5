import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildImages,
  demoImageList,
  processTree,
  readProcess,
  readProcessTable,
  startSystem,
  type RunningSystem,
  type SystemOptions,
} from '@kaito-ts/cli';
import type { Engine, ModelRuntime } from './engine.ts';
import { patienceSeconds, until } from './until.ts';

export interface SystemEngineOptions {
  readonly name: string;
  readonly runtime: ModelRuntime;
  readonly readySeconds: number;
  readonly system?: Partial<SystemOptions>;
  readonly countWrites: (system: RunningSystem) => Promise<number>;
  readonly close?: () => Promise<void>;
}

/** Node agent and operator, supervised as `kaito up` does it, over an API server of any kind. */
export async function startSystemEngine(options: SystemEngineOptions): Promise<Engine> {
  const stateRoot = await mkdtemp(join(tmpdir(), 'kaito-e2e-'));
  const progress: string[] = [];
  const system = await startSystem({
    stateRoot,
    defaultRuntime: options.runtime,
    programs: [],
    gpus: 0,
    imageList: demoImageList(),
    environment: process.env,
    onProgress: (message) => progress.push(message),
    ...options.system,
  }).catch(async (cause: unknown) => {
    const words = [String(cause), ...progress, await lastWords(join(stateRoot, 'logs'))];
    throw new Error(words.join('\n'), { cause });
  });
  const roomOf = (name: string): RunningSystem['processes'][number] => {
    const room = system.processes.find((each) => each.name === name);
    if (room === undefined) throw new Error(`no process ${name}`);
    return room;
  };
  system.failed.catch(() => {});
  return {
    name: options.name,
    runtime: options.runtime,
    readySeconds: options.readySeconds,
    client: system.client,
    kubeconfigPath: system.kubeconfigPath,
    buildImage: (tag, folder) =>
      buildImages(system.imagesPath, [{ tag, sources: [{ path: 'data', source: folder }] }]),
    podProcesses: async () => processTree(await readProcessTable(), roomOf('node').current().pid).slice(1),
    killAndRestart: async (name) => {
      const { pid } = roomOf(name).current();
      process.kill(pid, 'SIGKILL');
      await until(
        patienceSeconds,
        () => `the ${name} runs again; ${progress.at(-1)}`,
        async () => roomOf(name).current().pid !== pid,
      );
      if (name === 'node') await roomOf(name).current().ready;
      else await untilHealthy(roomOf(name).current().pid);
    },
    countWrites: () => options.countWrites(system),
    close: async () => {
      try {
        await system.stop();
      } finally {
        await options.close?.();
      }
      if (process.env['KAITO_TEST_KEEP'] === undefined) await rm(stateRoot, { recursive: true, force: true });
    },
  };
}

/** Until the operator's caches are complete, at the address that its command line names. */
async function untilHealthy(pid: number): Promise<void> {
  let last: unknown;
  await until(
    patienceSeconds,
    () => `the operator is ready again; last seen: ${String(last)}`,
    async () => {
      const words = (await readProcess(pid))?.commandLine ?? [];
      const address = words[words.indexOf('--health-address') + 1];
      const said = await fetch(`http://${address}/readyz`).catch((error: unknown) => error);
      last = said instanceof Response ? await said.text() : said;
      return said instanceof Response && said.ok;
    },
  );
}

async function lastWords(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const texts = names.map(async (name) => {
    const lines = (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n');
    return `${name}:\n${lines.slice(-10).join('\n')}`;
  });
  return (await Promise.all(texts)).join('\n');
}
