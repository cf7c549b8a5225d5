import { isJsonObject } from '../json-value.ts';

/** Headers of real models stay far below this; more is a damaged file. */
const longestHeader = 100_000_000;

/** Length of the JSON header, from the first 8 bytes of a safetensors file. */
export function safetensorsHeaderLength(start: Uint8Array): number {
  if (start.length < 8) throw new Error('a safetensors file begins with 8 bytes of length');
  const length = Number(new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true));
  if (length < 2 || length > longestHeader)
    throw new Error(`a safetensors header of ${length} bytes is not plausible`);
  return length;
}

export interface StoredTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

export function tensorsOfHeader(text: string): readonly StoredTensor[] {
  const header: unknown = JSON.parse(text);
  if (!isJsonObject(header)) throw new Error('a safetensors header is a JSON object');
  return Object.entries(header).flatMap(([name, entry]) => {
    if (name === '__metadata__') return [];
    const offsets = isJsonObject(entry) ? entry['data_offsets'] : undefined;
    const [from, to] = Array.isArray(offsets) ? offsets : [];
    if (!isJsonObject(entry) || typeof from !== 'number' || typeof to !== 'number')
      throw new Error(`the tensor ${name} has no data_offsets`);
    const shape = Array.isArray(entry['shape'])
      ? entry['shape'].filter((size) => typeof size === 'number')
      : [];
    return [
      {
        name,
        dtype: typeof entry['dtype'] === 'string' ? entry['dtype'] : 'unknown',
        shape,
        bytes: to - from,
      },
    ];
  });
}

export function sumOfTensors(header: string): number {
  return tensorsOfHeader(header).reduce((total, { bytes }) => total + bytes, 0);
}
