import type { GpuModel, LabelledGpu, MigProfile } from './gpu-facts.ts';

/** Label keys that GPU feature discovery writes. */
export interface NodeLabelNames {
  readonly product: string;
  readonly count: string;
  /** MiB of one device, or of one slice where MIG is on. */
  readonly memoryMiB: string;
  readonly computeMajor: string;
  readonly computeMinor: string;
}

type Labels = Readonly<Record<string, string>>;

const bytesPerMiB = 1024 * 1024;

/** The product label ends so where every GPU of the node is cut into the same slices. */
const migSuffix = /-MIG-((\d+)g\.([\d.]+)gb)(?:[.+].*)?$/i;
/** The product label ends so where several pods share one GPU. */
const sharedSuffix = /-SHARED$/i;

export function readNodeLabels(
  labels: Labels,
  names: NodeLabelNames,
  findModel: (name: string) => GpuModel | undefined,
): LabelledGpu | undefined {
  const product = labels[names.product];
  const count = wholeNumber(labels[names.count]);
  const memoryMiB = wholeNumber(labels[names.memoryMiB]);
  if (product === undefined && memoryMiB === undefined && (count === undefined || count === 0))
    return undefined;

  const mig = product === undefined ? undefined : migProfile(product);
  const model =
    product === undefined ? undefined : findModel(product.replace(sharedSuffix, '').replace(migSuffix, ''));
  const missing = [
    ...(product === undefined ? [names.product] : []),
    ...(count === undefined ? [names.count] : []),
    ...(memoryMiB === undefined ? [names.memoryMiB] : []),
  ];
  return {
    product: product ?? '',
    ...(model !== undefined && { model }),
    ...memory(memoryMiB, mig === undefined ? model : undefined),
    ...(count !== undefined && { count }),
    ...computeCapability(labels, names, model),
    ...(mig !== undefined && { mig }),
    missing,
  };
}

function memory(
  labelMiB: number | undefined,
  model: GpuModel | undefined,
): Pick<LabelledGpu, 'memoryBytes' | 'memorySource'> {
  if (labelMiB !== undefined) return { memoryBytes: labelMiB * bytesPerMiB, memorySource: 'label' };
  if (model?.realMemoryBytes !== undefined)
    return { memoryBytes: model.realMemoryBytes, memorySource: 'model' };
  return {};
}

function computeCapability(
  labels: Labels,
  names: NodeLabelNames,
  model: GpuModel | undefined,
): Pick<LabelledGpu, 'computeCapability'> {
  const major = wholeNumber(labels[names.computeMajor]);
  const minor = wholeNumber(labels[names.computeMinor]);
  if (major !== undefined && minor !== undefined) return { computeCapability: Number(`${major}.${minor}`) };
  return model?.computeCapability === undefined ? {} : { computeCapability: model.computeCapability };
}

function migProfile(product: string): MigProfile | undefined {
  const found = migSuffix.exec(product);
  if (found === null) return undefined;
  return { name: found[1] ?? '', slices: Number(found[2]), nominalMemoryGiB: Number(found[3]) };
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
