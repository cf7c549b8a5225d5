import { AdapterError, asAdapterError } from '../errors.ts';
import { findNonFinite, fromFloat32, toFloat32 } from '../floats.ts';
import { type Factors, readFactors } from '../fuse.ts';
import { readTensor } from '../safetensors/reader.ts';
import type { TensorChange } from './plan.ts';

/** How much of a tensor is in memory at once. */
const blockElements = 1 << 18;

export interface Block {
  /** Within the tensor. */
  readonly byteOffset: number;
  readonly bytes: Uint8Array;
  /** Elements whose stored value is another one than before. */
  readonly moved: number;
}

/** Yields W + ΔW of one tensor in blocks of rows: summed over all adapters first, then rounded once to the base's dtype. */
export async function* addUpdate(change: TensorChange): AsyncGenerator<Block> {
  const { tensor, shard } = change;
  const [rows, columns] = tensor.shape as readonly [number, number];
  const update = change.module && orient(await readFactors(change.module), change);
  const rowBytes = tensor.byteLength / rows;
  const rowsPerBlock = Math.max(1, Math.floor(blockElements / columns));
  for (let row = 0; row < rows; row += rowsPerBlock) {
    const count = Math.min(rowsPerBlock, rows - row);
    const range = { start: row * rowBytes, length: count * rowBytes };
    const before = await asAdapterError(() => readTensor(shard, tensor.name, range));
    const values = toFloat32(before.slice(), tensor.dtype);
    if (update) addRows(values, { update, firstRow: row, columns });
    const bytes = fromFloat32(values, tensor.dtype);
    refuseNonFinite(toFloat32(bytes, tensor.dtype), change);
    yield { byteOffset: range.start, bytes, moved: countMoved(before, bytes, rowBytes / columns) };
  }
}

/** ΔW = left · right, `left` with one row per row of the tensor. */
interface Update {
  readonly left: Float32Array;
  readonly right: Float32Array;
  readonly rank: number;
}

function orient({ a, b }: Factors, { module, transposed }: TensorChange): Update {
  const rank = module?.rank ?? 0;
  return transposed
    ? { left: transpose(a, rank), right: transpose(b, b.length / rank), rank }
    : { left: b, right: a, rank };
}

function transpose(matrix: Float32Array, rows: number): Float32Array {
  const columns = matrix.length / rows;
  const result = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1)
      result[column * rows + row] = matrix[row * columns + column] as number;
  return result;
}

function addRows(
  values: Float32Array,
  {
    update,
    firstRow,
    columns,
  }: { readonly update: Update; readonly firstRow: number; readonly columns: number },
): void {
  const { left, right, rank } = update;
  const sums = new Float64Array(columns);
  for (let start = 0, row = firstRow; start < values.length; start += columns, row += 1) {
    sums.set(values.subarray(start, start + columns));
    for (let k = 0; k < rank; k += 1) {
      const weight = left[row * rank + k] as number;
      const offset = k * columns;
      for (let column = 0; column < columns; column += 1)
        sums[column] = (sums[column] as number) + weight * (right[offset + column] as number);
    }
    values.set(sums, start);
  }
}

function refuseNonFinite(values: Float32Array, { tensor, shard }: TensorChange): void {
  const at = findNonFinite(values);
  if (at < 0) return;
  throw new AdapterError(`merging gives ${values[at]}, which ${tensor.dtype} weights must not hold`, {
    code: 'NotFinite',
    file: shard.path,
    tensor: tensor.name,
    hint: 'lower the strength, or serve the adapter live, for example with vLLM',
  });
}

function countMoved(
  before: Uint8Array<ArrayBuffer>,
  after: Uint8Array<ArrayBuffer>,
  elementBytes: number,
): number {
  const View = elementBytes === 2 ? Uint16Array : Uint32Array;
  const [old, now] = [
    new View(before.buffer),
    new View(after.buffer, after.byteOffset, after.byteLength / elementBytes),
  ];
  let moved = 0;
  for (let index = 0; index < now.length; index += 1) if (old[index] !== now[index]) moved += 1;
  return moved;
}
