import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  buildImages,
  demoImageList,
  processTree,
  readProcessTable,
  startSystem,
  type RunningSystem,
  type SystemOptions,
} from '@kaito-ts/cli';
import type { Engine, ModelRuntime } from './engine.ts';

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
      while (roomOf(name).current().pid === pid) await delay(100);
      if (name === 'node') await roomOf(name).current().ready;
    },
    countWrites: () => options.countWrites(system),
    close: async () => {
      await system.stop();
      await options.close?.();
      if (process.env['KAITO_TEST_KEEP'] === undefined) await rm(stateRoot, { recursive: true, force: true });
    },
  };
}
