import type { Random } from './clock.ts';

export interface BackoffRange {
  readonly firstMilliseconds: number;
  readonly longestMilliseconds: number;
}

/** Doubles with every failure up to the longest, then takes a random half off, so that many clients do not come at once. */
export function backoffMilliseconds(range: BackoffRange, failures: number, random: Random): number {
  const whole = Math.min(range.firstMilliseconds * 2 ** Math.min(failures, 30), range.longestMilliseconds);
  return whole * (0.5 + random() / 2);
}
