import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, readFile, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelFile } from '@kaito-ts/preset-catalog';
import { CommandError } from '../command-error.ts';

/** What a place that holds a model can be asked. */
export interface ModelSourceReader {
  describe(): Promise<ModelDescription>;
  /** Undefined when there is no such file. */
  text(path: string): Promise<string | undefined>;
  /** Bytes `from` to `to`, both included. */
  range(path: string, from: number, to: number): Promise<Uint8Array>;
}

export interface ModelDescription {
  /** The commit that was asked about; absent for a folder. */
  readonly revision?: string;
  readonly files: readonly ModelFile[];
  readonly license?: string;
  readonly gated?: boolean;
}

/** A folder with a downloaded model. */
export function directoryReader(directory: string): ModelSourceReader {
  return {
    describe: async () => {
      const names = (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isFile());
      const files = await Promise.all(
        names.map(async ({ name }): Promise<ModelFile> => {
          const path = join(directory, name);
          return { path: name, size: (await stat(path)).size, sha256: await digestOf(path) };
        }),
      );
      return { files: files.toSorted((a, b) => a.path.localeCompare(b.path)) };
    },
    text: async (path) => {
      try {
        return await readFile(join(directory, path), 'utf8');
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }
    },
    range: async (path, from, to) => {
      await using file = await opened(directory, path);
      const bytes = Buffer.alloc(to - from + 1);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
      return bytes.subarray(0, bytesRead);
    },
  };
}

async function opened(directory: string, path: string): Promise<FileHandle> {
  try {
    return await open(join(directory, path));
  } catch (cause) {
    throw new CommandError({
      code: 'FILE_MISSING',
      message: `${join(directory, path)} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`,
      next: 'download the files that the index names',
      cause,
    });
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
