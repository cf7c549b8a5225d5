import type { ProgramRow } from './programs.ts';

export interface SystemOptions {
  /** Folder that holds everything of this system. */
  readonly stateRoot: string;
  /** An API server that runs already; without it, one of our own is started. */
  readonly kubeconfigPath?: string | undefined;
  /** Engine of Workspaces that name none; `llamacpp` needs no GPU. */
  readonly defaultRuntime: string;
  readonly programs: readonly ProgramRow[];
  /** GPUs that the local node says it has. */
  readonly gpus: number;
  /** Addresses of pods. Default 127.64.0.0/16; a real control plane refuses loopback and wants a range made local. */
  readonly podCidr?: string | undefined;
  readonly operatorArguments?: readonly string[] | undefined;
  /** Folder with model records of the user's own. */
  readonly modelRecords?: string | undefined;
  /** A list of images to build into the store first, such as examples/demo/images.yaml. */
  readonly imageList?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Called with a sentence at each step. */
  readonly onProgress: (message: string) => void;
  /** Called when a Workspace's address becomes known. */
  readonly onEndpoint?: ((workspace: string, url: string) => void) | undefined;
}
