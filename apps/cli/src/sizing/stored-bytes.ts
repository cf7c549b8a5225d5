import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SizingInputError } from '@kaito-ts/gpu-sizing';
import {
  isJsonObject,
  parsePublishedJson,
  safetensorsHeaderLength,
  sumOfTensors,
} from '@kaito-ts/preset-catalog';

/** `metadata.total_size` of a model.safetensors.index.json. */
export async function bytesOfIndex(file: string): Promise<number> {
  const index = await readJson(file, 'index');
  const metadata = isJsonObject(index) ? index['metadata'] : undefined;
  const total = isJsonObject(metadata) ? metadata['total_size'] : undefined;
  if (typeof total === 'number' && total > 0) return total;
  throw new SizingInputError('MISSING_KEY', 'metadata.total_size', `is not in ${file}`);
}

/** Sum over the headers of the safetensors files of a folder. */
export async function bytesOfHeaders(directory: string): Promise<number> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.safetensors'));
  if (names.length === 0)
    throw new SizingInputError('MISSING_KEY', 'headers', `${directory} holds no .safetensors file`);
  const sums = await Promise.all(names.map((name) => bytesOfFile(join(directory, name))));
  return sums.reduce((total, bytes) => total + bytes, 0);
}

async function bytesOfFile(path: string): Promise<number> {
  await using file = await open(path);
  const start = Buffer.alloc(8);
  await file.read(start, 0, 8, 0);
  const length = safetensorsHeaderLength(start);
  const header = Buffer.alloc(length);
  const { bytesRead } = await file.read(header, 0, length, 8);
  if (bytesRead < length)
    throw new SizingInputError('BAD_INPUT', 'headers', `${path} ends within its header`);
  return sumOfTensors(header.toString('utf8'));
}

export async function readJson(file: string, key: string): Promise<ReturnType<typeof parsePublishedJson>> {
  try {
    return parsePublishedJson(await readFile(file, 'utf8'));
  } catch (error) {
    throw new SizingInputError(
      'BAD_INPUT',
      key,
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
