import type { ProcessEntry } from '@kaito-ts/cli';
import type { KubeClient } from '@kaito-ts/kube-runtime';

export type ModelRuntime = 'llamacpp' | 'vllm' | 'transformers';

/** A running system under test. */
export interface Engine {
  readonly name: string;
  /** The runtime that Workspaces get when they name none. */
  readonly runtime: ModelRuntime;
  /** Longest time from apply to Ready on a busy machine. */
  readonly readySeconds: number;
  readonly client: KubeClient;
  readonly kubeconfigPath: string;
  /** Makes an image that Workspaces can name, with the folder's files under /data. */
  buildImage(tag: string, folder: string): Promise<void>;
  /** The processes of all pods but the operator's own, from this machine's process table. */
  podProcesses(): Promise<readonly ProcessEntry[]>;
  /** SIGKILL, then waits until it runs again (or, of several operators, another one leads). */
  killAndRestart(name: 'operator' | 'node'): Promise<void>;
  /** Changes of Workspaces and their objects since the engine was started, Leases and Events left out. */
  countWrites(): Promise<number>;
  close(): Promise<void>;
}

/** An engine with a real API server, where the operator has what the chart grants and no more. */
export interface BoundedEngine extends Engine {
  /** What the API server did not let the operator do, of all that it asked since the engine was started. */
  readonly refusals: () => Promise<readonly string[]>;
}

export interface SharedEngine<T extends Engine> {
  /** Starts the engine at the first call. What it resolves to does nothing when it is closed. */
  readonly start: () => Promise<T>;
  readonly close: () => Promise<void>;
}

/** One engine for several suites, since starting one takes longer than many a scenario. */
export function shareEngine<T extends Engine>(start: () => Promise<T>): SharedEngine<T> {
  let started: Promise<T> | undefined;
  return {
    start: async () => {
      started ??= start();
      return { ...(await started), close: async () => {} };
    },
    close: async () => {
      await (await started?.catch(() => undefined))?.close();
    },
  };
}
