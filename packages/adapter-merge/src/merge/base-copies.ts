import type { BaseShapes } from '../base/shapes.ts';
import { AdapterError, asAdapterError } from '../errors.ts';
import { type FloatType, isFloat, toFloat32 } from '../floats.ts';
import type { FusedAdapter } from '../fuse.ts';
import type { PeftAdapter } from '../peft/adapter.ts';
import type { TensorInfo } from '../safetensors/header.ts';
import { readTensor, type SafetensorsFile } from '../safetensors/reader.ts';

const blockElements = 1 << 18;

/** A copy in another 16-bit format differs by its rounding, no more. */
const roundingOfBfloat16 = 2 ** -7;

/**
 * PEFT saves the base's embedding beside an adapted one, and puts it in the base's place when it loads the adapter.
 * That changes nothing as long as both are the same; an embedding that was trained or resized is not.
 */
export async function refuseChangedCopies({ sources }: FusedAdapter, base: BaseShapes): Promise<void> {
  for (const { adapter } of sources) {
    for (const [module, copy] of adapter.baseCopies) {
      const original = findTensor(base, `${module}.weight`) ?? findTensor(base, 'model.embed_tokens.weight');
      if (!original || !(await equalUpToRounding([adapter.file, copy], original)))
        throw changed(adapter, copy);
    }
  }
}

type Place = readonly [SafetensorsFile, TensorInfo];

function findTensor({ shards = [] }: BaseShapes, name: string): Place | undefined {
  for (const shard of shards) {
    const tensor = shard.tensors.get(name);
    if (tensor) return [shard, tensor];
  }
  return undefined;
}

async function equalUpToRounding(left: Place, right: Place): Promise<boolean> {
  const elements = elementsOf(left);
  if (elements !== elementsOf(right)) return false;
  for (let first = 0; first < elements; first += blockElements) {
    const count = Math.min(blockElements, elements - first);
    const [a, b] = [await readBlock(left, first, count), await readBlock(right, first, count)];
    if (a.some((value, index) => differs(value, b[index] as number))) return false;
  }
  return true;
}

function elementsOf([, { shape }]: Place): number {
  return shape.reduce((product, size) => product * size, 1);
}

async function readBlock([file, tensor]: Place, first: number, count: number): Promise<Float32Array> {
  const { dtype, name } = tensor;
  if (!isFloat(dtype)) return new Float32Array(count).fill(Number.NaN);
  const elementBytes = bytesOf[dtype];
  return toFloat32(
    await asAdapterError(() =>
      readTensor(file, name, { start: first * elementBytes, length: count * elementBytes }),
    ),
    dtype,
  );
}

const bytesOf: Readonly<Record<FloatType, number>> = { F32: 4, F16: 2, BF16: 2 };

function differs(a: number, b: number): boolean {
  return !(Math.abs(a - b) <= roundingOfBfloat16 * Math.max(Math.abs(a), Math.abs(b)));
}

function changed(adapter: PeftAdapter, copy: TensorInfo): AdapterError {
  return new AdapterError('is not the embedding of this base: it was trained or resized', {
    code: 'BaseShapeMismatch',
    file: adapter.file.path,
    tensor: copy.name,
    hint: 'merge this adapter into its base with PEFT (merge_and_unload) and serve the result as a model',
  });
}
