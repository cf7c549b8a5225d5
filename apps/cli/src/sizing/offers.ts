import type { PartitionSpec } from '@kaito-ts/api-types';
import { findDevice, type Offer, type OfferPrice } from '@kaito-ts/gpu-sizing';
import { offerOfMachine } from '@kaito-ts/operator';
import { nearestNames, type Catalogue, type InstanceType, type Provider } from '@kaito-ts/preset-catalog';
import { CommandError, exitCodes } from '../command-error.ts';

export interface OfferWish {
  readonly instanceType?: string | undefined;
  readonly gpu?: string | undefined;
  readonly gpuCount?: number | undefined;
  readonly gpuMemoryBytes?: number | undefined;
  readonly provider?: Provider | undefined;
  /** Some runtimes use no GPU even where there is one. */
  readonly usesGpus: boolean;
  readonly partition: PartitionSpec | undefined;
  readonly spot: boolean;
}

export interface MachineOffer extends Offer {
  /** Extended resource that a pod asks for; undefined on CPU nodes. */
  readonly resourceName: string | undefined;
}

/** The machines that the options name: one, a GPU of one's own, or all of a provider. */
export function offersOf(catalogue: Catalogue, wish: OfferWish): readonly MachineOffer[] {
  if (wish.instanceType !== undefined) return [namedOffer(catalogue, wish.instanceType, wish)];
  if (wish.gpu !== undefined || wish.gpuMemoryBytes !== undefined) return [gpuOffer(catalogue, wish)];
  return catalogue.instanceTypes
    .filter(
      ({ provider, retired }) =>
        retired === undefined && (wish.provider === undefined || provider === wish.provider),
    )
    .map((type) => offerOf(catalogue, type, wish));
}

function namedOffer(catalogue: Catalogue, name: string, wish: OfferWish): MachineOffer {
  const type = catalogue.instanceType(name);
  if (type !== undefined) return offerOf(catalogue, type, wish);
  const near = nearestNames(
    name,
    catalogue.instanceTypes.map((own) => own.name),
  );
  throw new CommandError({
    code: 'UNKNOWN_INSTANCE_TYPE',
    message: `the instance type ${name} is not in the catalogue${near.length === 0 ? '' : `; did you mean ${near.join(', ')}?`}`,
    next: 'kaito gpus lists the instance types; --gpu and --gpu-memory-bytes describe a GPU of your own',
    exitCode: exitCodes.badInput,
  });
}

function gpuOffer(catalogue: Catalogue, { gpu, gpuCount = 1, gpuMemoryBytes }: OfferWish): MachineOffer {
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
    resourceName: 'nvidia.com/gpu',
  };
}

function offerOf(
  catalogue: Catalogue,
  type: InstanceType,
  { usesGpus, partition, spot }: OfferWish,
): MachineOffer {
  const { device, resourceName, lacks } = offerOfMachine(type, { catalogue, partition, usesGpus });
  return {
    name: type.name,
    device,
    resourceName,
    ...priceOf(type, spot),
    ...(lacks !== undefined && { unusable: lacks }),
  };
}

/** Every price list of the catalogue is on-demand; a spot price is another number, and nobody sourced it. */
function priceOf({ name, price }: InstanceType, spot: boolean): Pick<Offer, 'price' | 'noPrice'> {
  if (spot) return { noPrice: `no spot price known for ${name}` };
  if (price === undefined) return { noPrice: `no price known for ${name}` };
  const { perHour, currency, region, date } = price;
  return { price: { perHour, currency, region, date } satisfies OfferPrice };
}
