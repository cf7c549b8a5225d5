import type { JsonValue } from '../json-value.ts';
import type { ModelFacts } from './model-facts.ts';

export const engineNames = ['vllm', 'transformers', 'llamacpp'] as const;
export type EngineName = (typeof engineNames)[number];

/** The runtime downloads the weights itself. */
export interface HuggingFaceSource {
  readonly kind: 'huggingface';
  readonly repository: string;
  /** A commit; without it the runtime takes whatever `main` is on the day it starts. */
  readonly revision?: string;
}

/** An init container copies `/data` of this image into the weights folder. */
export interface ImageSource {
  readonly kind: 'image';
  readonly reference: string;
}

export interface PersistentVolumeClaimSource {
  readonly kind: 'persistentVolumeClaim';
  readonly claimName: string;
  /** Folder inside the volume; its root unless given. */
  readonly path?: string;
}

export type ModelSource = HuggingFaceSource | ImageSource | PersistentVolumeClaimSource;

/** A file of the repository at the pinned revision. */
export interface ModelFile {
  readonly path: string;
  readonly size: number;
  /** Absent for files that the hub keeps in git itself. */
  readonly sha256?: string;
}

/** One model that a Workspace can name. Whatever is absent is unknown, never guessed. */
export interface ModelRecord {
  /** Unique; its last path segment is the name the model is served under. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly source: ModelSource;
  readonly facts: ModelFacts;
  readonly license?: string;
  /** Whether its owner lets only registered users download it. */
  readonly gated?: boolean;
  /** Whether a download needs a token; without this fact, `gated` says it. */
  readonly downloadAuthRequired?: boolean;
  /** vLLM's name for the parser of tool calls. */
  readonly toolCallParser?: string;
  /** vLLM's name for the parser of the thinking part. */
  readonly reasoningParser?: string;
  /** File name of the template upstream ships for it; a stock runtime image lacks that file. */
  readonly chatTemplate?: string;
  /** Type the weights are served in; without it the runtime's own choice. */
  readonly dtype?: string;
  /** How the published weights are quantized. */
  readonly quantization?: string;
  /** Whether the architecture takes LoRA adapters (in the runtime version the record was written for). */
  readonly loraAllowed?: boolean;
  readonly runtimes: readonly EngineName[];
  /** Files of the pinned revision, as the hub told them. */
  readonly files?: readonly ModelFile[];
  readonly weightsFormat?: 'safetensors' | 'mistral' | 'gguf';
  /** Flags this model needs per engine; `inference_config.yaml` wins over them. */
  readonly engineArguments?: Readonly<Partial<Record<EngineName, Readonly<Record<string, JsonValue>>>>>;
  /** What a reader should know, such as why a field is absent. */
  readonly notes?: readonly string[];
}
