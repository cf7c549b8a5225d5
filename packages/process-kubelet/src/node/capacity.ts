import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';

export interface GpuInventory {
  readonly count: number;
  readonly product?: string | undefined;
  readonly memoryMiB?: number | undefined;
}

const podsPerNode = 110;

/** What this machine has to give, in Kubernetes quantities; a memory or CPU limit of our own cgroup counts. */
export function nodeCapacity(stateDirectory: string, gpus: GpuInventory): Readonly<Record<string, string>> {
  const disk = statfsSync(stateDirectory);
  return {
    cpu: String(Math.max(1, Math.min(availableParallelism(), cgroupCpus() ?? Number.POSITIVE_INFINITY))),
    memory: `${Math.floor(Math.min(totalmem(), cgroupMemoryBytes() ?? Number.POSITIVE_INFINITY) / 1024)}Ki`,
    'ephemeral-storage': `${Math.floor((disk.bavail * disk.bsize) / 1024)}Ki`,
    pods: String(podsPerNode),
    ...(gpus.count === 0 ? {} : { 'nvidia.com/gpu': String(gpus.count) }),
  };
}

function cgroupMemoryBytes(): number | undefined {
  return numberIn('/sys/fs/cgroup/memory.max') ?? numberIn('/sys/fs/cgroup/memory/memory.limit_in_bytes');
}

function cgroupCpus(): number | undefined {
  const [quota, period] = (read('/sys/fs/cgroup/cpu.max') ?? '').split(' ').map(Number);
  if (quota === undefined || period === undefined || !(quota > 0) || !(period > 0)) return undefined;
  return Math.max(1, Math.floor(quota / period));
}

function numberIn(path: string): number | undefined {
  const value = Number(read(path));
  return Number.isFinite(value) && value > 0 ? value : undefined;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
