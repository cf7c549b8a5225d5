import type { GpuModel, InstanceType, LabelledGpu } from './gpu/gpu-facts.ts';
import { createGpuLibrary, type GpuData, type GpuLibrary } from './gpu/gpu-library.ts';
import type { ModelRecord } from './model/model-record.ts';
import { indexModels, resolveModel, type Resolution } from './model/resolution.ts';
import type { RuntimeLibrary } from './runtime/runtime-library.ts';
import type { RuntimeRecord } from './runtime/runtime-record.ts';

export interface CatalogueParts {
  readonly models: readonly ModelRecord[];
  readonly gpus: GpuData;
  readonly runtimes: RuntimeLibrary;
}

/** Everything that is known before a cluster is asked. Immutable. */
export interface Catalogue {
  readonly models: readonly ModelRecord[];
  readonly gpuModels: readonly GpuModel[];
  readonly instanceTypes: readonly InstanceType[];
  /** By alias, name or repository id, without regard to case. */
  resolve(name: string): Resolution;
  /** A catalogue that also has these; a record replaces an earlier one of the same name. */
  withModels(records: readonly ModelRecord[]): Catalogue;
  /** What the labels of a node say; undefined for a node without GPU labels. */
  gpuFromNodeLabels(labels: Readonly<Record<string, string>>): LabelledGpu | undefined;
  /** Without regard to case. */
  instanceType(name: string): InstanceType | undefined;
  /** By name or any spelling in use; undefined too when a spelling is ambiguous (`A100`). */
  gpuModel(name: string): GpuModel | undefined;
  /** The nearest lower version when the asked one is unknown; compare `version`. */
  runtime(engine: string, version?: string): RuntimeRecord | undefined;
  /** Ascending. */
  runtimeVersions(engine: string): readonly string[];
}

export function createCatalogue({ models, gpus, runtimes }: CatalogueParts): Catalogue {
  return assemble(models, createGpuLibrary(gpus), runtimes);
}

function assemble(models: readonly ModelRecord[], gpus: GpuLibrary, runtimes: RuntimeLibrary): Catalogue {
  const index = indexModels(models);
  return {
    models,
    gpuModels: gpus.models,
    instanceTypes: gpus.instanceTypes,
    resolve: (name) => resolveModel(index, name),
    withModels: (records) => assemble(merged(models, records), gpus, runtimes),
    gpuFromNodeLabels: (labels) => gpus.fromNodeLabels(labels),
    instanceType: (name) => gpus.instanceType(name),
    gpuModel: (name) => gpus.model(name),
    runtime: (engine, version) => runtimes.find(engine, version),
    runtimeVersions: (engine) => runtimes.versions(engine),
  };
}

function merged(earlier: readonly ModelRecord[], later: readonly ModelRecord[]): readonly ModelRecord[] {
  const replaced = new Set(later.map(({ name }) => name.toLowerCase()));
  return [...earlier.filter(({ name }) => !replaced.has(name.toLowerCase())), ...later];
}
