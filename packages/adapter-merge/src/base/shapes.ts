import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { AdapterError, asAdapterError } from '../errors.ts';
import { readGgufHeader } from '../gguf/header.ts';
import { openSafetensors, type SafetensorsFile } from '../safetensors/reader.ts';

/** Names and shapes of a base model's tensors, told from headers alone. */
export interface BaseShapes {
  /** The folder, or the GGUF file. */
  readonly path: string;
  readonly format: 'safetensors' | 'gguf';
  readonly tensors: ReadonlyMap<string, BaseTensor>;
  /** GGUF only: `general.architecture` and the head counts, as {@link writeGgufAdapter} needs them. */
  readonly architecture?: string;
  readonly headCount?: number;
  readonly keyValueHeadCount?: number;
  /** Safetensors only: the output matrix is the embedding. */
  readonly tiedEmbeddings?: boolean;
  /** Safetensors only: the method of `quantization_config`. */
  readonly quantization?: string;
  /** Safetensors only. */
  readonly shards?: readonly SafetensorsFile[];
}

export interface BaseTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** A safetensors dtype, or `ggml:<number>`. */
  readonly dtype: string;
  readonly file: string;
}

/** Reads the shapes of a GGUF file, of a safetensors folder (with or without index), or of a folder with one GGUF file. */
export async function readBaseShapes(path: string): Promise<BaseShapes> {
  const status = await stat(path).catch((error: unknown) => {
    throw refuse(path, `cannot be read: ${(error as Error).message}`);
  });
  if (status.isFile()) return readGgufShapes(path);
  const names = (await readdir(path)).sort();
  const shards = await shardNames(path, names);
  if (shards.length > 0) return readSafetensorsShapes(path, shards);
  const ggufs = names.filter((name) => name.endsWith('.gguf'));
  if (ggufs.length === 1) return readGgufShapes(join(path, ggufs[0] as string));
  throw refuse(
    path,
    ggufs.length === 0 ? 'holds no *.safetensors and no *.gguf' : `holds ${ggufs.length} *.gguf files`,
  );
}

async function readGgufShapes(path: string): Promise<BaseShapes> {
  const { metadata, tensors } = await readGgufHeader(path);
  const architecture = String(metadata.get('general.architecture') ?? '');
  const headCount = metadata.get(`${architecture}.attention.head_count`);
  const keyValueHeadCount = metadata.get(`${architecture}.attention.head_count_kv`);
  return {
    path,
    format: 'gguf',
    architecture,
    ...(typeof headCount === 'number' ? { headCount } : {}),
    ...(typeof keyValueHeadCount === 'number' ? { keyValueHeadCount } : {}),
    tensors: new Map(
      [...tensors.values()].map(({ name, shape, type }) => [
        name,
        { name, shape, dtype: `ggml:${type}`, file: path },
      ]),
    ),
  };
}

async function readSafetensorsShapes(path: string, names: readonly string[]): Promise<BaseShapes> {
  const tensors = new Map<string, BaseTensor>();
  const shards: SafetensorsFile[] = [];
  for (const name of names) {
    const shard = await asAdapterError(() => openSafetensors(join(path, name)));
    shards.push(shard);
    for (const tensor of shard.tensors.values()) {
      if (tensors.has(tensor.name)) throw refuse(shard.path, `tensor ${tensor.name} is in another shard too`);
      tensors.set(tensor.name, {
        name: tensor.name,
        shape: tensor.shape,
        dtype: tensor.dtype,
        file: shard.path,
      });
    }
  }
  const { tie_word_embeddings: tied, quantization_config: quantization } = await readModelConfig(path);
  const tiedEmbeddings = (tied ?? true) && !tensors.has('lm_head.weight');
  const method = quantization && (quantization.quant_method ?? 'unknown');
  return {
    path,
    format: 'safetensors',
    tensors,
    shards,
    tiedEmbeddings,
    ...(method ? { quantization: method } : {}),
  };
}

export const indexFileName = 'model.safetensors.index.json';
export const IndexSchema: z.ZodType<{
  readonly metadata?: Record<string, unknown> | undefined;
  readonly weight_map: Record<string, string>;
}> = z.looseObject({
  metadata: z.record(z.string(), z.unknown()).optional(),
  weight_map: z.record(
    z.string(),
    z.string().refine((name) => name === basename(name) && !name.startsWith('.'), 'is not a plain file name'),
  ),
});

async function shardNames(directory: string, names: readonly string[]): Promise<readonly string[]> {
  if (names.includes(indexFileName)) {
    const parsed = IndexSchema.safeParse(await readJson(join(directory, indexFileName)));
    if (!parsed.success)
      throw refuse(join(directory, indexFileName), z.prettifyError(parsed.error).replaceAll('\n', ' '));
    return [...new Set(Object.values(parsed.data.weight_map))].sort();
  }
  if (names.includes('model.safetensors')) return ['model.safetensors'];
  return names.filter((name) => name.endsWith('.safetensors') && !name.startsWith('adapter_model'));
}

const ModelConfigSchema = z.looseObject({
  tie_word_embeddings: z.boolean().nullish(),
  quantization_config: z.looseObject({ quant_method: z.string().optional() }).nullish(),
});

async function readModelConfig(directory: string): Promise<z.infer<typeof ModelConfigSchema>> {
  const file = join(directory, 'config.json');
  if (!(await stat(file).catch(() => undefined))) return {};
  const parsed = ModelConfigSchema.safeParse(await readJson(file));
  if (!parsed.success) throw refuse(file, z.prettifyError(parsed.error).replaceAll('\n', ' '));
  return parsed.data;
}

export async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw refuse(file, `is not readable JSON: ${(error as Error).message}`);
  }
}

function refuse(file: string, message: string): AdapterError {
  return new AdapterError(message, { code: 'BaseInvalid', file, hint: "check the model's weights folder" });
}
