import type { CacheGroup, CacheLayout } from './cache-spec.ts';

export interface RequestShape {
  readonly length: number;
  /** Tokens that may be scheduled and not yet settled. */
  readonly inFlight: number;
  /** States are kept at block borders for reuse: two per request instead of one. */
  readonly alignsStates: boolean;
  readonly speculative: number;
}

/** Blocks that one request of this length may hold. */
export function blocksPerRequest(layout: CacheLayout, request: RequestShape): number {
  return Math.ceil(
    layout.groups.reduce((total, group) => total + groupBlocks(group, request) * (group.weight ?? 1), 0),
  );
}

function groupBlocks(
  { spec }: CacheGroup,
  { length, inFlight, alignsStates, speculative }: RequestShape,
): number {
  switch (spec.reach) {
    case 'full':
      return Math.ceil(length / spec.blockTokens);
    case 'sliding':
      return Math.ceil(Math.min(spec.span - 1 + inFlight, length) / spec.blockTokens) + 1;
    case 'chunked':
      return Math.ceil(Math.min(spec.span + inFlight, length) / spec.blockTokens);
    case 'cross':
      return Math.ceil(spec.span / spec.blockTokens);
    case 'state':
      return (alignsStates ? 2 + spec.span : 1) + speculative;
    case 'ring':
      break;
  }
  return 1;
}

/** Longest request whose blocks are at most these; 0 when not even one token fits. */
export function longestLength(
  layout: CacheLayout,
  blocks: number,
  limit: number,
  request: Omit<RequestShape, 'length'>,
): number {
  if (layout.groups.length === 0) return limit;
  let [low, high] = [0, limit];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (blocksPerRequest(layout, { ...request, length: middle }) <= blocks) low = middle;
    else high = middle - 1;
  }
  return low;
}
