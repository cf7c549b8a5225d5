/** A quantity with the bounds between which the truth is expected. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export function interval(value: number, low: number, high: number): Interval {
  return { value, low: Math.min(low, value), high: Math.max(high, value) };
}

export function exact(value: number): Interval {
  return { value, low: value, high: value };
}

export function map(of: Interval, change: (value: number) => number): Interval {
  const [value, a, b] = [change(of.value), change(of.low), change(of.high)];
  return interval(value, Math.min(a, b), Math.max(a, b));
}

/** Bounds a number of times as far from the value; bytes are never below nothing. */
export function widened({ value, low, high }: Interval, factor: number): Interval {
  return interval(value, Math.max(0, value - factor * (value - low)), value + factor * (high - value));
}
