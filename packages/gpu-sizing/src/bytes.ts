export const bytesPerGiB: number = 1024 ** 3;

export function formatGiB(bytes: number): string {
  const gib = bytes / bytesPerGiB;
  return gib !== 0 && Math.abs(gib) < 0.1 ? `${(gib * 1024).toFixed(1)} MiB` : `${gib.toFixed(2)} GiB`;
}

const bytesOfDtype: Readonly<Record<string, number>> = {
  float64: 8,
  float32: 4,
  float: 4,
  float16: 2,
  half: 2,
  bfloat16: 2,
  auto: 2,
  int8: 1,
  fp8: 1,
  fp8_e4m3: 1,
  fp8_e5m2: 1,
  f32: 4,
  f16: 2,
  bf16: 2,
  // ggml blocks of 32 elements with their scales.
  q8_0: 34 / 32,
  q5_1: 24 / 32,
  q5_0: 22 / 32,
  q4_1: 20 / 32,
  q4_0: 18 / 32,
  iq4_nl: 18 / 32,
};

/** Undefined for a type whose size is not known. */
export function dtypeBytes(dtype: string): number | undefined {
  return Object.hasOwn(bytesOfDtype, dtype) ? bytesOfDtype[dtype] : undefined;
}
