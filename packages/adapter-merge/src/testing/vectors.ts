import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AdapterWithStrength, type Factors, fuseAdapters, type FusedAdapter } from '../fuse.ts';
import { readPeftAdapter } from '../peft/adapter.ts';
import { openSafetensors, readFloat32 } from '../safetensors/reader.ts';

export const committedVectors: string = fileURLToPath(new URL('../../vectors/data', import.meta.url));
export const demoModel: string = fileURLToPath(new URL('../../../../tools/demo-model', import.meta.url));

/** The named adapters of a vector folder, each at the strength with which PEFT made the expectation. */
export async function fuseVectors(directory: string, names: readonly string[]): Promise<FusedAdapter> {
  const strengths = JSON.parse(await readFile(join(directory, 'strengths.json'), 'utf8')) as Record<
    string,
    number
  >;
  const adapters: AdapterWithStrength[] = [];
  for (const name of names)
    adapters.push({
      adapter: await readPeftAdapter(join(directory, name)),
      strength: strengths[name] as number,
    });
  return fuseAdapters(adapters);
}

/** All tensors of a file, widened to fp32. */
export async function readAll(file: string): Promise<ReadonlyMap<string, Float32Array>> {
  const opened = await openSafetensors(file);
  const tensors = new Map<string, Float32Array>();
  for (const name of opened.tensors.keys()) tensors.set(name, await readFloat32(opened, name));
  return tensors;
}

/** B·A, row-major. */
export function multiply({ a, b }: Factors, rank: number): Float32Array {
  const [rows, columns] = [b.length / rank, a.length / rank];
  const product = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      let sum = 0;
      for (let k = 0; k < rank; k += 1)
        sum += (b[row * rank + k] as number) * (a[k * columns + column] as number);
      product[row * columns + column] = sum;
    }
  }
  return product;
}

export function transposed(matrix: Float32Array, rows: number): Float32Array {
  const columns = matrix.length / rows;
  return matrix.map((_, index) => matrix[(index % rows) * columns + Math.floor(index / rows)] as number);
}

/** The largest difference, relative to the largest expected number. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  let largest = 0;
  for (let index = 0; index < expected.length; index += 1) {
    const value = expected[index] as number;
    difference = Math.max(difference, Math.abs((actual[index] as number) - value));
    largest = Math.max(largest, Math.abs(value));
  }
  return difference === 0 ? 0 : difference / largest;
}
