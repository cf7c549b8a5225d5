import type { GpuModel, InstanceType, LabelledGpu } from './gpu-facts.ts';
import { readNodeLabels, type NodeLabelNames } from './node-labels.ts';

export interface GpuData {
  readonly models: readonly GpuModel[];
  readonly instanceTypes: readonly InstanceType[];
  readonly nodeLabels: NodeLabelNames;
}

export interface GpuLibrary {
  readonly models: readonly GpuModel[];
  readonly instanceTypes: readonly InstanceType[];
  model(name: string): GpuModel | undefined;
  instanceType(name: string): InstanceType | undefined;
  fromNodeLabels(labels: Readonly<Record<string, string>>): LabelledGpu | undefined;
}

export function createGpuLibrary({ models, instanceTypes, nodeLabels }: GpuData): GpuLibrary {
  const modelsBySpelling = new Map<string, readonly GpuModel[]>();
  for (const model of models) {
    for (const spelling of new Set([model.name, ...model.aliases].map(normalized))) {
      modelsBySpelling.set(spelling, [...(modelsBySpelling.get(spelling) ?? []), model]);
    }
  }
  const typesByName = new Map<string, InstanceType>();
  for (const type of instanceTypes) {
    for (const alias of type.aliases ?? []) typesByName.set(alias.toLowerCase(), type);
  }
  for (const type of instanceTypes) typesByName.set(type.name.toLowerCase(), type);

  const model = (name: string): GpuModel | undefined => {
    const found = modelsBySpelling.get(normalized(name)) ?? [];
    return found.length === 1 ? found[0] : undefined;
  };
  return {
    models,
    instanceTypes,
    model,
    instanceType: (name) => typesByName.get(name.toLowerCase()),
    fromNodeLabels: (labels) => readNodeLabels(labels, nodeLabels, model),
  };
}

/** `NVIDIA-H100-80GB-HBM3`, `nvidia h100 80GB HBM3` and `H100 80GB HBM3` are one name. */
function normalized(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[-_\s]+/g, ' ')
    .trim()
    .replace(/^(nvidia|tesla) /, '')
    .replace(/^(geforce|tesla) /, '');
}
