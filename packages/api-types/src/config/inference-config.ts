import type { FieldPath } from '../issues/field-path.ts';
import type { YamlPosition } from '../yaml/yaml-syntax-error.ts';
import { error, issueCodes, type Parsed } from '../issues/field-issue.ts';

/** Flags of one runtime, by their name on the command line without dashes. */
export type RuntimeFlags = Readonly<Record<string, unknown>>;

/** Content of `inference_config.yaml`. */
export interface InferenceConfig {
  readonly vllm: RuntimeFlags;
  readonly transformers?: RuntimeFlags;
  readonly llamacpp?: RuntimeFlags;
  /** Does nothing since vLLM sizes its own cache; kept so that older files are read. */
  readonly maxProbeSteps?: number;
  /** Part of main memory for KV offload, 0 to 1. */
  readonly kvCacheCpuMemoryUtilization?: number;
  /** Place of a path such as `['vllm', 'max-model-len']` in the text. */
  positionOf(path: FieldPath): YamlPosition | undefined;
}

/** Reads `inference_config.yaml`. Whether a runtime knows a flag is the catalogue's question. */
export function parseInferenceConfig(_text: string): Parsed<InferenceConfig> {
  return { ok: false, issues: [error('', issueCodes.invalidValue, 'not read yet')] };
}
