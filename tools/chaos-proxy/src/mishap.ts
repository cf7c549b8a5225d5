/** What can happen to a call. */
export const mishaps = [
  /** 409 before the API server has heard of it; writes only. */
  'conflict',
  /** 429 with Retry-After. */
  'tooManyRequests',
  /** 500 before the API server has heard of it. */
  'serverError',
  /** Goes through, but late. */
  'delay',
  /** The API server has acted; half of its answer arrives. */
  'truncate',
  /** The API server has acted; no answer arrives. */
  'loseAnswer',
] as const;

export type Mishap = (typeof mishaps)[number];

/** How a watch ends before its time. */
export const watchEnds = ['end', 'reset', 'withinEvent'] as const;

export type WatchEnd = (typeof watchEnds)[number];

/** Numbers in [0, 1), the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Undefined: all goes well. */
export function drawMishap(random: () => number, share: number, isWrite: boolean): Mishap | undefined {
  const [unlucky, which] = [random(), random()];
  if (unlucky >= share) return undefined;
  const possible = isWrite ? mishaps : mishaps.filter((mishap) => mishap !== 'conflict');
  return possible[Math.floor(which * possible.length)];
}

export interface WatchFate {
  readonly milliseconds: number;
  readonly end: WatchEnd;
}

/** Every watch is dropped sooner or later, since there are so few of them. */
export function drawWatchFate(random: () => number, longestMilliseconds: number): WatchFate {
  const [time, which] = [random(), random()];
  return {
    milliseconds: Math.ceil(time * longestMilliseconds),
    end: watchEnds[Math.floor(which * watchEnds.length)] ?? 'reset',
  };
}
