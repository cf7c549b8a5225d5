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

export function within(value: number, share: number): Interval {
  return interval(value, value * (1 - share), value * (1 + share));
}

export function sum(parts: readonly Interval[]): Interval {
  return {
    value: parts.reduce((total, part) => total + part.value, 0),
    low: parts.reduce((total, part) => total + part.low, 0),
    high: parts.reduce((total, part) => total + part.high, 0),
  };
}

/** The larger of two, bound by bound. */
export function largest(parts: readonly Interval[]): Interval {
  return {
    value: Math.max(...parts.map((part) => part.value)),
    low: Math.max(...parts.map((part) => part.low)),
    high: Math.max(...parts.map((part) => part.high)),
  };
}

export function map(of: Interval, change: (value: number) => number): Interval {
  const [value, a, b] = [change(of.value), change(of.low), change(of.high)];
  return interval(value, Math.min(a, b), Math.max(a, b));
}
