import type { DataType } from './safetensors/data-types.ts';

/** The number formats in which weights can be read and written without help from a quantisation scheme. */
export type FloatType = Extract<DataType, 'F32' | 'F16' | 'BF16'>;

export function isFloat(dtype: DataType): dtype is FloatType {
  return dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
}

/** Widens little-endian bytes that start their buffer; exact for every input. */
export function toFloat32(bytes: Uint8Array<ArrayBuffer>, dtype: FloatType): Float32Array<ArrayBuffer> {
  if (dtype === 'F32') return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  if (dtype === 'F16')
    return new Float32Array(new Float16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2));
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  const words = new Uint32Array(halves.length);
  for (let index = 0; index < halves.length; index += 1) words[index] = (halves[index] as number) << 16;
  return new Float32Array(words.buffer);
}

/** Rounds to nearest, ties to even, once per element. */
export function fromFloat32(values: Float32Array<ArrayBuffer>, dtype: FloatType): Uint8Array<ArrayBuffer> {
  if (dtype === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (dtype === 'F16') return new Uint8Array(new Float16Array(values).buffer);
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(words.length);
  for (let index = 0; index < words.length; index += 1) halves[index] = toBfloat16(words[index] as number);
  return new Uint8Array(halves.buffer);
}

/** Adding the rounding bias would turn some NaNs into infinity or zero, so they become the one quiet NaN. */
function toBfloat16(word: number): number {
  if ((word & 0x7fffffff) > 0x7f800000) return 0x7fc0 | ((word >>> 16) & 0x8000);
  return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
}

/** Index of the first NaN or infinity, or -1. */
export function findNonFinite(values: Float32Array): number {
  for (let index = 0; index < values.length; index += 1) if (!Number.isFinite(values[index])) return index;
  return -1;
}
