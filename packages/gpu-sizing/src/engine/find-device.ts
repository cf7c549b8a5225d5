import type { GpuModel } from '@kaito-ts/preset-catalog';
import { bytesPerGiB } from '../bytes.ts';

import { SizingInputError } from '../errors.ts';
import { capabilityByModel } from './capability.ts';
import type { Device } from './defaults.ts';

export interface DeviceWish {
  readonly model: string | undefined;
  readonly memoryBytes: number | undefined;
}

/** Where the seller's size is all that is known: what CUDA sees is 1 to 9 % less. */
const visibleShare = 0.985;

/** Finds a GPU by any spelling in use; memory that is told decides between variants and wins over the table. */
export function findDevice(gpus: readonly GpuModel[], { model, memoryBytes }: DeviceWish): Device {
  if (memoryBytes !== undefined && !(memoryBytes > 0))
    throw new SizingInputError('BAD_INPUT', 'gpuMemoryBytes', `must be above 0, not ${memoryBytes}`);
  const gpu = model === undefined ? undefined : bestMatch(gpus, model, memoryBytes);
  const memory = memoryBytes ?? (gpu === undefined ? undefined : visibleMemory(gpu));
  if (memory === undefined)
    throw new SizingInputError(
      'UNKNOWN_GPU',
      'gpuModel',
      model === undefined
        ? 'give a GPU model or gpuMemoryBytes'
        : `${model} is not in the catalogue; give gpuMemoryBytes`,
    );
  return {
    name: model ?? 'GPU',
    memoryBytes: memory,
    computeCapability: (gpu === undefined ? undefined : capabilityOfGpu(gpu)) ?? capabilityByModel(model),
  };
}

export function capabilityOfGpu(gpu: GpuModel): number | undefined {
  return gpu.computeCapability ?? capabilityOf(gpu.architecture) ?? capabilityByModel(gpu.name);
}

export function visibleMemory(gpu: GpuModel): number | undefined {
  if (gpu.realMemoryBytes !== undefined) return gpu.realMemoryBytes;
  const [low, high] = gpu.reportedMemoryGiB ?? [];
  if (low !== undefined && high !== undefined) return ((low + high) / 2) * bytesPerGiB;
  if (gpu.nominalMemoryGiB === undefined) return undefined;
  const nominal = gpu.nominalMemoryGiB * bytesPerGiB;
  return gpu.inlineEcc === true ? visibleOfDriver(nominal * withoutCheckBits) : nominal * visibleShare;
}

const withoutCheckBits = 15 / 16;

/**
 * nvidia-smi and node labels tell the driver's total; CUDA sees 440 to 770 MiB less (A10 23,028 and 22,589 MiB, H100
 * 81,559 and 81,079, A100 80GB 81,920 and 81,152: modal-labs/modal-client pull request 2797 against start-ups).
 */
const driverReservedBytes = 0.5 * bytesPerGiB;

export function visibleOfDriver(bytes: number): number {
  return Math.max(0, bytes - driverReservedBytes);
}

function bestMatch(
  gpus: readonly GpuModel[],
  name: string,
  memoryBytes: number | undefined,
): GpuModel | undefined {
  const wanted = words(name);
  const scored = gpus
    .map((gpu) => ({
      gpu,
      score: Math.max(...[gpu.name, ...gpu.aliases].map((spelling) => score(words(spelling), wanted))),
    }))
    .filter(({ score: own }) => own > 0);
  const top = Math.max(0, ...scored.map(({ score: own }) => own));
  const best = scored.filter(({ score: own }) => own === top).map(({ gpu }) => gpu);
  const target = memoryBytes ?? numberOfGigabytes(name);
  if (target === undefined || best.length < 2) return best[0];
  return best.toSorted((a, b) => distance(a, target) - distance(b, target))[0];
}

function numberOfGigabytes(name: string): number | undefined {
  const found = /(\d+)\s*(?:GB|GiB)/i.exec(name)?.[1];
  return found === undefined ? undefined : Number(found) * bytesPerGiB * visibleShare;
}

function distance(gpu: GpuModel, bytes: number): number {
  return Math.abs((visibleMemory(gpu) ?? 0) - bytes);
}

/** `NVIDIA-H100-80GB-HBM3` → h100; sizes, makers and module forms do not tell chips apart. */
function words(name: string): readonly string[] {
  return name
    .toLowerCase()
    .replaceAll(/[-_\s/()]+/g, ' ')
    .split(' ')
    .filter(
      (word) =>
        (word !== '' && !/^(nvidia|tesla|geforce|\d+gb|gpu|hbm\d?e?|\d+gib|gb|\d+)$/.test(word)) ||
        /^(3090|4090|5090|5080|4080)$/.test(word),
    );
}

/** All words of the spelling must be in the name; extra words of the name count against it a little. */
function score(spelling: readonly string[], name: readonly string[]): number {
  if (spelling.length === 0 || !spelling.every((word) => name.includes(word))) return 0;
  return spelling.length * 10 - (name.length - spelling.length);
}

const capabilities: Readonly<Record<string, number>> = {
  SM70: 7,
  SM75: 7.5,
  SM80: 8,
  SM86: 8.6,
  SM87: 8.7,
  SM89: 8.9,
  SM90: 9,
  SM100: 10,
  SM103: 10.3,
  SM110: 11,
  SM120: 12,
  SM121: 12.1,
};

function capabilityOf(architecture: string | undefined): number | undefined {
  return architecture === undefined ? undefined : capabilities[architecture];
}
