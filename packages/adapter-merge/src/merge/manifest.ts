import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { FusedAdapter } from '../fuse.ts';

export const manifestFileName = 'merge-manifest.json';

/** Raise when the same inputs would give other bytes. */
const algorithmVersion = 1;

/** What a merged folder was made from. */
export interface MergeManifest {
  readonly key: string;
  readonly adapters: readonly { readonly sha256: string; readonly strength: number }[];
  /** Elements of all changed tensors. */
  readonly elements: number;
  /** How many of them hold another number than the base after rounding. */
  readonly moved: number;
}

const ManifestSchema = z.object({
  key: z.string(),
  adapters: z.array(z.object({ sha256: z.string(), strength: z.number() })),
  elements: z.number(),
  moved: z.number(),
});

/** Equal keys mean equal output: adapters by content, the base by names, sizes and modification times. */
export async function mergeKey(
  fused: FusedAdapter,
  baseDirectory: string,
): Promise<Pick<MergeManifest, 'key' | 'adapters'>> {
  const adapters = [];
  for (const { adapter, strength } of fused.sources) {
    const hash = createHash('sha256').update(await readFile(adapter.config.file));
    await pipeline(createReadStream(adapter.file.path), hash);
    adapters.push({ sha256: hash.digest('hex'), strength });
  }
  const base = [];
  for (const name of (await readdir(baseDirectory)).sort()) {
    const { size, mtimeMs } = await stat(join(baseDirectory, name));
    base.push([name, size, mtimeMs]);
  }
  const key = createHash('sha256').update(JSON.stringify({ algorithmVersion, adapters, base })).digest('hex');
  return { key, adapters };
}

/** The manifest of a finished merge, or undefined. */
export async function readManifest(directory: string): Promise<MergeManifest | undefined> {
  try {
    return ManifestSchema.parse(JSON.parse(await readFile(join(directory, manifestFileName), 'utf8')));
  } catch {
    return undefined;
  }
}
