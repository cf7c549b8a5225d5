/** Lengths as vLLM reads them: `32k` is 32,000, `32K` 32,768; undefined when it is no length. */
export function readLength(text: string): number | undefined {
  if (/^(auto|-1)$/i.test(text)) return -1;
  const match = /^(\d+(?:\.\d+)?)([kKmMgG]?)$/.exec(text.trim());
  if (match === null) return undefined;
  const value = Number(match[1]) * (factors[match[2] ?? ''] ?? 1);
  return Number.isInteger(value) && value > 0 ? value : undefined;
}

const factors: Readonly<Record<string, number>> = {
  '': 1,
  k: 1000,
  m: 1000 ** 2,
  g: 1000 ** 3,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
};
