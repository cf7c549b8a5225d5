/** Gives containers GPUs of this node by index; a container keeps its own over restarts. */
export interface GpuAllocator {
  /** Undefined when too few are free. */
  take(owner: string, count: number): readonly number[] | undefined;
  /** Gives back what every owner of this prefix holds. */
  release(ownerPrefix: string): void;
}

export function createGpuAllocator(total: number): GpuAllocator {
  const owners = new Map<string, readonly number[]>();
  return {
    take(owner, count) {
      const held = owners.get(owner);
      if (held !== undefined) return held;
      const used = new Set([...owners.values()].flat());
      const free = Array.from({ length: total }, (_, index) => index).filter((index) => !used.has(index));
      if (free.length < count) return undefined;
      const taken = free.slice(0, count);
      owners.set(owner, taken);
      return taken;
    },
    release(ownerPrefix) {
      for (const owner of owners.keys()) if (owner.startsWith(ownerPrefix)) owners.delete(owner);
    },
  };
}
