import { rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type BaseShapes, IndexSchema, indexFileName, readJson } from '../base/shapes.ts';
import { writeSafetensors } from '../safetensors/writer.ts';
import { addUpdate } from './add-update.ts';
import type { TensorChange } from './plan.ts';

const outputTensor = 'lm_head.weight';

/** Gives a tied model an output matrix of its own: one more shard, an index, and `tie_word_embeddings: false`. */
export async function writeUntiedOutput(
  change: TensorChange,
  base: BaseShapes,
  directory: string,
): Promise<void> {
  const index = await readIndex(base, directory);
  const shard = index.isNew ? 'model-00002-of-00002.safetensors' : 'model-untied-output.safetensors';
  const { dtype, shape, byteLength } = change.tensor;
  await writeSafetensors(join(directory, shard), [
    { name: outputTensor, dtype, shape, data: () => collect(change) },
  ]);
  const total = index.metadata?.['total_size'];
  await writeJson(join(directory, indexFileName), {
    metadata: { ...index.metadata, ...(typeof total === 'number' ? { total_size: total + byteLength } : {}) },
    weight_map: { ...index.weight_map, [outputTensor]: shard },
  });
  const config = (await readJson(join(directory, 'config.json'))) as Record<string, unknown>;
  await writeJson(join(directory, 'config.json'), { ...config, tie_word_embeddings: false });
}

interface Index {
  readonly isNew: boolean;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly weight_map: Readonly<Record<string, string>>;
}

/** transformers looks for `model.safetensors` before it looks for an index, so a single file is renamed to a shard. */
async function readIndex(base: BaseShapes, directory: string): Promise<Index> {
  const shards = base.shards ?? [];
  const first = 'model-00001-of-00002.safetensors';
  if (shards.length !== 1 || basename(shards[0]?.path ?? '') !== 'model.safetensors')
    return { isNew: false, ...IndexSchema.parse(await readJson(join(directory, indexFileName))) };
  await rename(join(directory, 'model.safetensors'), join(directory, first));
  const tensors = [...(shards[0]?.tensors.values() ?? [])];
  return {
    isNew: true,
    metadata: { total_size: tensors.reduce((sum, { byteLength }) => sum + byteLength, 0) },
    weight_map: Object.fromEntries(tensors.map(({ name }) => [name, first])),
  };
}

async function collect(change: TensorChange): Promise<Uint8Array> {
  const whole = new Uint8Array(change.tensor.byteLength);
  for await (const { byteOffset, bytes } of addUpdate(change)) whole.set(bytes, byteOffset);
  return whole;
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`, { flush: true });
}
