const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

const shape = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]i?|)$/;

/** A Kubernetes quantity (`4`, `500m`, `64Gi`) as a number; undefined when it is none. */
export function quantityValue(text: string | number | undefined): number | undefined {
  if (text === undefined || typeof text === 'number') return text;
  const match = shape.exec(text);
  const factor = suffixes[match?.[2] ?? 'none'];
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor;
}
