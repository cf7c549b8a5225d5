import type { GpuModel, LabelledGpu, LabelledSlice, MigProfile } from './gpu-facts.ts';

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
  const slices = mixedSlices(labels, findModel);
  if (
    product === undefined &&
    memoryMiB === undefined &&
    (count === undefined || count === 0) &&
    slices.length === 0
  )
    return undefined;

  const mig = product === undefined ? undefined : migProfile(product);
  const model = product === undefined ? undefined : findModel(plainProduct(product));
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
    ...(slices.length > 0 && { slices }),
    missing,
  };
}

/** `nvidia.com/mig-1g.10gb.count`; what follows the size (`.me`, `+me`) is part of the profile's name. */
const sliceLabel = /^nvidia\.com\/mig-((\d+)g\.([\d.]+?)gb(?:[.+]me)?)\.(count|product|memory)$/;

function mixedSlices(
  labels: Labels,
  findModel: (name: string) => GpuModel | undefined,
): readonly LabelledSlice[] {
  const profiles = new Map<string, MigProfile>();
  for (const key of Object.keys(labels)) {
    const [, name, slices, gibibytes] = sliceLabel.exec(key) ?? [];
    if (name !== undefined)
      profiles.set(name, { name, slices: Number(slices), nominalMemoryGiB: Number(gibibytes) });
  }
  return [...profiles.values()].map((profile) => sliceOf(labels, profile, findModel));
}

function sliceOf(
  labels: Labels,
  profile: MigProfile,
  findModel: (name: string) => GpuModel | undefined,
): LabelledSlice {
  const about = `nvidia.com/mig-${profile.name}`;
  const count = wholeNumber(labels[`${about}.count`]);
  const memoryMiB = wholeNumber(labels[`${about}.memory`]);
  const model = findModel(plainProduct(labels[`${about}.product`] ?? ''));
  return {
    profile,
    ...(count !== undefined && { count }),
    ...(memoryMiB !== undefined && { memoryBytes: memoryMiB * bytesPerMiB }),
    ...(model !== undefined && { model }),
  };
}

/** Without what the sharing of a GPU adds to its name. */
function plainProduct(product: string): string {
  return product.replace(sharedSuffix, '').replace(migSuffix, '');
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
