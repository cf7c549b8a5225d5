import { writeAll, writeFileAtomically } from '../atomic-file.ts';
import { byteLengthOf, compareForWriting, type DataType } from './data-types.ts';

export interface TensorToWrite {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: readonly number[];
  /** A function is called when the tensor's turn comes, so that only one is in memory. */
  readonly data: Uint8Array | (() => Promise<Uint8Array>);
}

/** Writes a file, atomically, byte for byte as the reference library lays it out. */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Promise<void> {
  const sorted = [...tensors].sort(compareForWriting);
  const header = renderHeader(sorted, metadata);
  await writeFileAtomically(path, async (handle) => {
    await writeAll(handle, header);
    for (const tensor of sorted) {
      const data = typeof tensor.data === 'function' ? await tensor.data() : tensor.data;
      if (data.byteLength !== byteLengthOf(tensor.dtype, tensor.shape))
        throw new RangeError(
          `tensor ${tensor.name}: ${data.byteLength} bytes do not make ${tensor.dtype} of shape [${tensor.shape.join(', ')}]`,
        );
      await writeAll(handle, data);
    }
  });
}

/** Compact JSON padded with spaces, so that the data section is 8-byte aligned. */
function renderHeader(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push(['__metadata__', metadata]);
  let position = 0;
  for (const { name, dtype, shape } of tensors) {
    const byteLength = byteLengthOf(dtype, shape);
    if (byteLength === undefined)
      throw new RangeError(`tensor ${name}: ${dtype} of shape [${shape.join(', ')}] has no byte size`);
    entries.push([name, { dtype, shape, data_offsets: [position, position + byteLength] }]);
    position += byteLength;
  }
  if (new Set(entries.map(([name]) => name)).size !== entries.length)
    throw new RangeError('two tensors have one name');
  const members = entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const json = Buffer.from(`{${members.join(',')}}`);
  const length = Math.ceil(json.byteLength / 8) * 8;
  const header = Buffer.alloc(8 + length, ' ');
  header.writeBigUInt64LE(BigInt(length), 0);
  json.copy(header, 8);
  return header;
}
