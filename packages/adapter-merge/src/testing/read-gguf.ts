import { readFile } from 'node:fs/promises';
import type { GgufHeader } from '../gguf/header.ts';

/** An F32 tensor of a small GGUF file. */
export async function readGgufFloat32(
  { path, tensors }: GgufHeader,
  name: string,
): Promise<Float32Array<ArrayBuffer>> {
  const tensor = tensors.get(name);
  if (tensor?.type !== 0) throw new Error(`${path} has no F32 tensor ${name}`);
  const length = tensor.shape.reduce((product, size) => product * size, 4);
  const bytes = (await readFile(path)).subarray(tensor.offset, tensor.offset + length);
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
