import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { load } from 'js-yaml';
import * as z from 'zod';
import { openImageStore, type ImageStore } from '@kaito-ts/process-kubelet';
import { CommandError, exitCodes } from '../command-error.ts';
import { packageFolder } from './package-folder.ts';

const ImageListSchema = z.array(z.strictObject({ tag: z.string(), paths: z.record(z.string(), z.string()) }));

/** The demo's list, which a checkout has and a published package has not. */
export function demoImageList(): string | undefined {
  const file = join(packageFolder('@kaito-ts/cli'), '../../examples/demo/images.yaml');
  return existsSync(file) ? file : undefined;
}

/** Builds every image of a list such as examples/demo/images.yaml into the store. */
export async function buildImageList(file: string, imagesDirectory: string): Promise<readonly string[]> {
  const parsed = ImageListSchema.safeParse(load(await readFile(file, 'utf8'), { filename: file }));
  if (!parsed.success) {
    throw new CommandError({
      code: 'BAD_IMAGE_LIST',
      message: `${file}: ${z.prettifyError(parsed.error)}`,
      next: 'give a list of {tag, paths: {path in the image: source}}',
      exitCode: exitCodes.badInput,
    });
  }
  const folder = dirname(resolve(file));
  const images = parsed.data.map(({ tag, paths }) => ({
    tag,
    sources: Object.entries(paths).map(([path, source]) => ({ path, source: resolve(folder, source) })),
  }));
  await buildImages(imagesDirectory, images);
  return images.map(({ tag }) => tag);
}

export async function buildImages(imagesDirectory: string, images: readonly ImageSources[]): Promise<void> {
  const store = await openImageStore(imagesDirectory);
  for (const image of images) await buildImage(store, image);
}

export interface ImageSources {
  readonly tag: string;
  /** Later ones are laid over earlier ones. */
  readonly sources: readonly { readonly path: string; readonly source: string }[];
}

/** Lays files and folders out as an image's root folder and builds the image from it. */
export async function buildImage(store: ImageStore, { tag, sources }: ImageSources): Promise<void> {
  const staging = await mkdtemp(join(tmpdir(), 'kaito-image-'));
  try {
    for (const { path, source } of sources) {
      await cp(source, join(staging, path), { recursive: true, dereference: true });
    }
    await store.build({ directory: staging, tag });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
