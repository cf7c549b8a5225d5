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
  readonly imagesPath: string;
  /** The processes of all pods, by walking the process table from the node agent. */
  podProcesses(): Promise<readonly ProcessEntry[]>;
  pidOf(name: 'operator' | 'node'): number;
  /** SIGKILL, then waits until the supervisor has started it again. */
  killAndRestart(name: 'operator' | 'node'): Promise<void>;
  /** Changes of Workspaces and their objects since the engine was started, Leases and Events left out. */
  countWrites(): Promise<number>;
  close(): Promise<void>;
}
