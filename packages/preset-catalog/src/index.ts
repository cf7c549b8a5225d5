/**
 * The catalogue: which models a Workspace can name, what is known about them, about GPUs and about runtimes.
 *
 * A name resolves to a ModelRecord, or to a reason with the nearest names; there is no network here, ever. Records hold
 * facts as they were published (config.json under its real keys) and where each comes from. A fact that nobody sourced
 * is absent, and `missingFacts` says which: nothing is guessed.
 *
 * It refuses to know memory arithmetic (gpu-sizing) and Kubernetes. The data is written by hand under `presets/` and
 * embedded by `tools/presets/generate.mjs`; users add their own records with `parseModelRecord` and `withModels`.
 * Programs that need runtimes only import `@kaito-ts/preset-catalog/runtimes`.
 */
export { createCatalogue, type Catalogue, type CatalogueParts } from './catalogue.ts';
export { embeddedCatalogue } from './embedded-catalogue.ts';
export type {
  GpuModel,
  InstancePrice,
  InstanceType,
  LabelledGpu,
  LabelledSlice,
  MigProfile,
  Provider,
} from './gpu/gpu-facts.ts';
export type { GpuData } from './gpu/gpu-library.ts';
export type { NodeLabelNames } from './gpu/node-labels.ts';
export { isJsonObject, type JsonObject, type JsonValue } from './json-value.ts';
export { missingFacts } from './model/missing-facts.ts';
export { languageModelConfig, readDimensions, type ModelDimensions } from './model/model-dimensions.ts';
export type { ModelFacts, TensorGroup, WeightParts } from './model/model-facts.ts';
export {
  engineNames,
  type EngineName,
  type HuggingFaceSource,
  type ImageSource,
  type ModelFile,
  type ModelRecord,
  type ModelSource,
  type PersistentVolumeClaimSource,
} from './model/model-record.ts';
export { nearestNames } from './model/nearest-names.ts';
export type { Resolution, ResolvedModel, UnknownModel } from './model/resolution.ts';
export {
  safetensorsHeaderLength,
  sumOfTensors,
  tensorsOfHeader,
  type StoredTensor,
} from './hub/safetensors-header.ts';
export { parsePublishedJson } from './published-json.ts';
export { parseModelRecord, type Parsed, type RecordIssue } from './record-file/parse-model-record.ts';
export {
  compareVersions,
  embeddedRuntimes,
  flagsInForce,
  readFlag,
  type ArchitectureRecord,
  type FlagRecord,
  type FlagTable,
  type FlagType,
  type FlagValue,
  type RuntimeLibrary,
  type RuntimeRecord,
} from './runtimes.ts';
