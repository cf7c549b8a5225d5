const BINARY: Readonly<Record<string, bigint>> = {
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
  Ei: 1n << 60n,
};
const DECIMAL: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
/** The finest that Kubernetes keeps is a billionth. */
const SCALE = 9;

/** A Kubernetes quantity such as `500m`, `16Gi` or `1e3`, in billionths; undefined when it is none. */
export function parseQuantity(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? parseQuantity(String(value)) : undefined;
  if (typeof value !== 'string') return undefined;
  const match =
    /^([+-]?)(?=\.?\d)(\d{0,20})(?:\.(\d{0,20}))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d{1,2})?$/.exec(
      value,
    );
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match;
  const digits = BigInt(whole + fraction) * (BINARY[suffix] ?? 1n);
  const power = SCALE - fraction.length + exponent(suffix);
  const billionths = power >= 0 ? digits * 10n ** BigInt(power) : roundUp(digits, 10n ** BigInt(-power));
  return sign === '-' ? -billionths : billionths;
}

function exponent(suffix: string): number {
  if (suffix in BINARY) return 0;
  return DECIMAL[suffix] ?? Number(suffix.slice(1));
}

function roundUp(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}
