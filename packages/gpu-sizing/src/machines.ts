import type { Catalogue, InstanceType, LabelledGpu, LabelledSlice } from '@kaito-ts/preset-catalog';
import { bytesPerGiB } from './bytes.ts';
import { capabilityOfGpu, visibleMemory, visibleOfDriver } from './engine/find-device.ts';
import type { GpuDevice } from './request.ts';

type GpuTable = Pick<Catalogue, 'gpuModel' | 'instanceType'>;

/** GPUs of a machine size as a pod on it has them, or why they cannot be told. */
export type MachineDevice =
  | { readonly kind: 'known'; readonly device: GpuDevice }
  | { readonly kind: 'unknown'; readonly because: string };

/**
 * A machine size and a node of that size (`deviceOfNode`) give the same device, so that what is planned before a machine
 * is bought is what is planned once it is there.
 */
export function deviceOfMachine(catalogue: GpuTable, type: InstanceType): MachineDevice {
  if (type.gpu === undefined) return unknown(`which GPU ${type.name} has is not known`);
  const gpu = catalogue.gpuModel(type.gpu);
  if (gpu === undefined) return unknown(`the GPU ${type.gpu} of ${type.name} is not in the catalogue`);
  if (gpu.vendor !== 'nvidia') return unknown(`${type.name} has ${gpu.name}, and runtime images are CUDA's`);
  if (type.gpuCount === undefined || type.gpuCount < 1)
    return unknown(`how many GPUs ${type.name} has is not known`);
  const memoryBytes = visibleMemory(gpu) ?? nominalMemory(type);
  if (memoryBytes === undefined) return unknown(`the memory of ${gpu.name} is not known`);
  const computeCapability = capabilityOfGpu(gpu);
  return {
    kind: 'known',
    device: {
      kind: 'gpu',
      model: gpu.name,
      memoryBytes,
      ...(computeCapability !== undefined && { computeCapability }),
      count: type.gpuCount,
    },
  };
}

export interface NodeGpus {
  /** From the node's labels; undefined where it has none about GPUs. */
  readonly labelled: LabelledGpu | undefined;
  /** Value of `node.kubernetes.io/instance-type`. */
  readonly instanceType: string | undefined;
  /** GPUs that a pod can have. */
  readonly count: number;
}

/**
 * Whole GPUs of a node. The product label tells the GPU and so its memory as CUDA sees it; the memory label tells the
 * driver's total, of which CUDA sees less, and decides where the product is not known.
 */
export function deviceOfNode(catalogue: GpuTable, { labelled, instanceType, count }: NodeGpus): GpuDevice {
  const type = instanceType === undefined ? undefined : catalogue.instanceType(instanceType);
  const machine = type === undefined ? undefined : deviceOfMachine(catalogue, type);
  const ofMachine = machine?.kind === 'known' ? machine.device : undefined;
  const known = labelled?.model === undefined ? ofMachine?.model : labelled.model.name;
  const gpu = known === undefined ? undefined : catalogue.gpuModel(known);
  const visible =
    gpu === undefined
      ? undefined
      : (visibleMemory(gpu) ?? (ofMachine?.model === gpu.name ? ofMachine.memoryBytes : undefined));
  const told = labelled?.memorySource === 'label' ? labelled.memoryBytes : undefined;
  const memoryBytes = agrees(visible, told) ? visible : told === undefined ? visible : visibleOfDriver(told);
  const computeCapability =
    labelled?.computeCapability ?? (gpu === undefined ? undefined : capabilityOfGpu(gpu));
  const model = gpu?.name ?? labelled?.product;
  return {
    kind: 'gpu',
    count,
    ...(model !== undefined && model !== '' && { model }),
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(computeCapability !== undefined && { computeCapability }),
  };
}

/** One slice: a process can use one, and slices cannot work together. */
export function deviceOfSlice({ profile, memoryBytes, model }: LabelledSlice): GpuDevice {
  const computeCapability = model === undefined ? undefined : capabilityOfGpu(model);
  return {
    kind: 'gpu',
    count: 1,
    alone: true,
    model: model === undefined ? `MIG ${profile.name}` : `${model.name} MIG ${profile.name}`,
    memoryBytes: memoryBytes ?? Math.floor(profile.nominalMemoryGiB * bytesPerGiB * sliceShare),
    ...(computeCapability !== undefined && { computeCapability }),
  };
}

/** A profile's name rounds up: 1g.10gb has 9,728 MiB, 1g.5gb 4,864 MiB. */
const sliceShare = 0.95;

const disagreement = 0.05;

/** A label far from the table means another variant, a virtual GPU or a slice: then the node knows better. */
function agrees(visible: number | undefined, told: number | undefined): boolean {
  if (visible === undefined) return false;
  return told === undefined || Math.abs(visibleOfDriver(told) - visible) <= disagreement * visible;
}

/** The seller's size, of which CUDA sees a little less. */
function nominalMemory({ nominalMemoryGiBPerGpu }: InstanceType): number | undefined {
  return nominalMemoryGiBPerGpu === undefined ? undefined : nominalMemoryGiBPerGpu * 0.985 * bytesPerGiB;
}

function unknown(because: string): MachineDevice {
  return { kind: 'unknown', because };
}
