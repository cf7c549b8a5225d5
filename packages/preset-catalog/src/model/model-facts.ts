import type { JsonObject } from '../json-value.ts';

/** Byte sums over the safetensors headers, for parts a runtime may drop or convert. */
export interface WeightParts {
  readonly totalBytes?: number;
  readonly lmHeadBytes?: number;
  /** Draft layers of multi-token prediction. */
  readonly mtpBytes?: number;
  readonly float32Bytes?: number;
  /** Tables that stay in host memory. */
  readonly engramTableBytes?: number;
  /** Commit whose headers were read. */
  readonly revision?: string;
}

/** Tensors of one shape, `{layer}` and `{expert}` standing for the numbers in their names. */
export interface TensorGroup {
  readonly pattern: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly count: number;
}

/** What is known about a model's shape and size. Every field may be absent: then it is unknown. */
export interface ModelFacts {
  /** config.json under its real key names, text and vision parts nested where the model nests them. */
  readonly config?: JsonObject;
  /** config.json keys that the published file has (or may have) and that no source told; also absent from `config`. */
  readonly unknownKeys?: readonly string[];
  readonly family?: string;
  /** Bytes of the tensors in the root safetensors files, as stored. */
  readonly storedWeightBytes?: number;
  /** Bytes a server keeps: tied heads and draft layers dropped. */
  readonly loadedWeightBytes?: number;
  readonly weightParts?: WeightParts;
  readonly parameterCount?: number;
  readonly tensors?: readonly TensorGroup[];
  /** Size of the files in the repository, sub-folders included, in GiB: an upper bound that may count copies twice. */
  readonly repositoryFileGiB?: number;
  /** Low: general knowledge; medium: derived from a related model; high or absent: read from the named source. */
  readonly confidence?: 'low' | 'medium' | 'high';
  /** Where each group of facts comes from. */
  readonly sources?: Readonly<Record<string, string>>;
}
