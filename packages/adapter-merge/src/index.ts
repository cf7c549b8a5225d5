/**
 * LoRA adapters: read, check, fuse, write, merge.
 *
 * Knows the files: safetensors, PEFT's adapter folders, GGUF adapters, checkpoints in shards. Knows the sum
 * ΔW = Σ strengthᵢ·scaleᵢ·BᵢAᵢ and keeps it exact: fusing stacks ranks instead of adding products, merging rounds once.
 *
 * Refuses to know where adapters come from, which runtime reads the result, processes, HTTP, Kubernetes. What cannot
 * be expressed as that sum (DoRA, saved modules, trained biases …) is an {@link AdapterError} with file and tensor,
 * never an approximation. Every input is taken as hostile: sizes are checked before memory is taken.
 *
 * A {@link PeftAdapter} is an adapter folder; a {@link FusedAdapter} is a plan over several, whose numbers stay on disk
 * until a writer asks for them, one module at a time.
 */
export {
  AdapterError,
  type AdapterErrorCode,
  type Fault,
  isAdapterError,
  isSafetensorsError,
  SafetensorsError,
  type SafetensorsErrorCode,
} from './errors.ts';
export type { DataType } from './safetensors/data-types.ts';
export type { SafetensorsHeader, TensorInfo } from './safetensors/header.ts';
export {
  type LoadedSafetensors,
  openSafetensors,
  readFloat32,
  readSafetensors,
  readTensor,
  type SafetensorsFile,
} from './safetensors/reader.ts';
export { type TensorToWrite, writeSafetensors } from './safetensors/writer.ts';
export type { PeftConfig } from './peft/config.ts';
export type { UnsupportedOption } from './peft/unsupported-options.ts';
export type { ModuleKind } from './peft/tensor-names.ts';
export { type LoraModule, type PeftAdapter, readPeftAdapter } from './peft/adapter.ts';
export { writePeftAdapter } from './peft/writer.ts';
export {
  type AdapterInspection,
  type AdapterProblem,
  type AdapterTarget,
  inspectAdapter,
} from './peft/inspect.ts';
export {
  type AdapterWithStrength,
  type Factors,
  fuseAdapters,
  type FusedAdapter,
  type FusedModule,
  type FusedPart,
  readFactors,
} from './fuse.ts';
export { type GgufTarget } from './gguf/architectures.ts';
export { writeGgufAdapter } from './gguf/adapter-writer.ts';
export { type GgufHeader, type GgufTensor, readGgufHeader } from './gguf/header.ts';
export { type BaseShapes, type BaseTensor, readBaseShapes } from './base/shapes.ts';
export { checkAgainstBase, findBaseMismatches } from './base/check.ts';
export { mergeIntoBase, type MergeOptions, type MergeResult } from './merge/merge-into-base.ts';
export type { MergeManifest } from './merge/manifest.ts';
