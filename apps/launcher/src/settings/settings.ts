import type { EngineName } from '../engines/engine.ts';

/** One LoRA adapter that the Workspace names, in its order. */
export interface AdapterSetting {
  readonly name: string;
  readonly strength: number;
}

/** Everything the launcher is told, checked once at the start; the rest of the program reads neither flags nor env. */
export interface Settings {
  readonly engine: EngineName;
  readonly engineVersion: string | undefined;
  /** The name clients use. */
  readonly modelName: string;
  /** An absolute path of local weights, or a Hugging Face repository id that the runtime downloads. */
  readonly model: string;
  readonly modelRevision: string | undefined;
  /** Where downloaded weights go. */
  readonly weightsDirectory: string | undefined;
  readonly adaptersDirectory: string | undefined;
  readonly adapters: readonly AdapterSetting[];
  readonly configFile: string | undefined;
  /** Scratch space for fused adapters, sockets and caches. */
  readonly workDirectory: string;
  readonly listenAddress: string;
  readonly port: number;
  /** Flags of the operator; inference_config.yaml wins over them. */
  readonly engineArguments: Readonly<Record<string, unknown>>;
  readonly terminationLog: string | undefined;
  readonly revision: string | undefined;
  /** The pod's grace period; drain and stop share it. */
  readonly terminationGraceSeconds: number;
  /** How long new requests are still served after SIGTERM, because endpoints take a moment to forget this pod. */
  readonly drainDelaySeconds: number;
}
