import { findDevice, visibleMemory, type GpuDevice, type Offer } from '@kaito-ts/gpu-sizing';
import type { Catalogue, InstanceType, Provider } from '@kaito-ts/preset-catalog';
import { CommandError, exitCodes } from '../command-error.ts';

export interface OfferWish {
  readonly instanceType?: string | undefined;
  readonly gpu?: string | undefined;
  readonly gpuCount?: number | undefined;
  readonly gpuMemoryBytes?: number | undefined;
  readonly provider?: Provider | undefined;
}

/** The machines that the options name: one, a GPU of one's own, or all of a provider. */
export function offersOf(catalogue: Catalogue, wish: OfferWish): readonly Offer[] {
  if (wish.instanceType !== undefined) return [namedOffer(catalogue, wish.instanceType)];
  if (wish.gpu !== undefined || wish.gpuMemoryBytes !== undefined) return [gpuOffer(catalogue, wish)];
  return catalogue.instanceTypes
    .filter(
      ({ provider, retired }) =>
        retired === undefined && (wish.provider === undefined || provider === wish.provider),
    )
    .flatMap((type) => offerOf(catalogue, type) ?? []);
}

function namedOffer(catalogue: Catalogue, name: string): Offer {
  const type = catalogue.instanceType(name);
  const offer = type === undefined ? undefined : offerOf(catalogue, type);
  if (offer !== undefined) return offer;
  throw new CommandError({
    code: 'UNKNOWN_INSTANCE_TYPE',
    message:
      type === undefined
        ? `the instance type ${name} is not in the catalogue`
        : `no memory of the GPUs of ${name} is known`,
    next: 'kaito gpus lists the instance types; --gpu and --gpu-memory-bytes describe a GPU of your own',
    exitCode: exitCodes.badInput,
  });
}

function gpuOffer(catalogue: Catalogue, { gpu, gpuCount = 1, gpuMemoryBytes }: OfferWish): Offer {
  const device = findDevice(catalogue.gpuModels, { model: gpu, memoryBytes: gpuMemoryBytes });
  return {
    name: `${gpuCount} x ${device.name}`,
    device: {
      kind: 'gpu',
      model: device.name,
      memoryBytes: device.memoryBytes,
      ...(device.computeCapability !== undefined && { computeCapability: device.computeCapability }),
      count: gpuCount,
    },
  };
}

/** Undefined for machines whose GPU vLLM's CUDA build cannot use, or whose memory nobody sourced. */
function offerOf(catalogue: Catalogue, type: InstanceType): Offer | undefined {
  const gpu = type.gpu === undefined ? undefined : catalogue.gpuModel(type.gpu);
  const memoryBytes = gpu === undefined ? undefined : (visibleMemory(gpu) ?? nominalMemory(type));
  if (
    gpu?.vendor !== 'nvidia' ||
    memoryBytes === undefined ||
    type.gpuCount === undefined ||
    type.gpuCount < 1
  )
    return undefined;
  const device: GpuDevice = {
    kind: 'gpu',
    model: gpu.name,
    memoryBytes,
    ...(gpu.computeCapability !== undefined && { computeCapability: gpu.computeCapability }),
    count: type.gpuCount,
  };
  const { price } = type;
  return {
    name: type.name,
    device,
    ...(price !== undefined && { pricePerHour: price.perHour, currency: price.currency }),
  };
}

/** The seller's size, of which CUDA sees a little less. */
function nominalMemory({ nominalMemoryGiBPerGpu }: InstanceType): number | undefined {
  return nominalMemoryGiBPerGpu === undefined ? undefined : nominalMemoryGiBPerGpu * 0.985 * 1024 ** 3;
}
