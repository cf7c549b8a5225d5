/** Hands out addresses of a range, one per pod, going round so that an address rests before it is used again. */
export interface PodAddresses {
  /** The pod's address; the same one on every call until it is released. Prefers `wanted` when that is free. */
  assign(podUid: string, wanted?: string): string;
  release(podUid: string): void;
}

/** Thrown when a range is written wrong or has no free address left. */
export class PodAddressError extends Error {
  override readonly name = 'PodAddressError';
}

export function createPodAddresses(cidr: string): PodAddresses {
  const { first, count } = usableRange(cidr);
  const byPod = new Map<string, number>();
  const taken = new Set<number>();
  let next = 0;
  const take = (podUid: string, offset: number): string => {
    byPod.set(podUid, offset);
    taken.add(offset);
    return formatAddress(first + offset);
  };
  return {
    assign(podUid, wanted) {
      const own = byPod.get(podUid);
      if (own !== undefined) return formatAddress(first + own);
      const wish = wanted === undefined ? -1 : (parseAddress(wanted) ?? -1) - first;
      if (wish >= 0 && wish < count && !taken.has(wish)) return take(podUid, wish);
      for (let tried = 0; tried < count; tried += 1) {
        const offset = (next + tried) % count;
        if (taken.has(offset)) continue;
        next = (offset + 1) % count;
        return take(podUid, offset);
      }
      throw new PodAddressError(`all ${count} addresses of ${cidr} are in use`);
    },
    release(podUid) {
      const offset = byPod.get(podUid);
      if (offset === undefined) return;
      byPod.delete(podUid);
      taken.delete(offset);
    },
  };
}

/** Without the range's first two addresses (network, and by custom a gateway) and its last (broadcast). */
function usableRange(cidr: string): { readonly first: number; readonly count: number } {
  const [address = '', length = ''] = cidr.split('/');
  const base = parseAddress(address);
  const prefix = Number(length);
  if (base === undefined || !/^\d+$/.test(length) || prefix < 8 || prefix > 29) {
    throw new PodAddressError(
      `${JSON.stringify(cidr)} is not an IPv4 range such as 127.64.0.0/16 (prefix length 8 to 29)`,
    );
  }
  const size = 2 ** (32 - prefix);
  return { first: base - (base % size) + 2, count: size - 3 };
}

function parseAddress(text: string): number | undefined {
  const parts = text.split('.').map(Number);
  const valid =
    parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255);
  return valid ? parts.reduce((sum, part) => sum * 256 + part, 0) : undefined;
}

function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
