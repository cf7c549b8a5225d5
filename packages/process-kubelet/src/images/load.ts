import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { arch } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { BlobFolder } from './blobs.ts';
import { ImageError } from './image-error.ts';
import {
  imageNameAnnotation,
  isIndexType,
  mediaTypes,
  parseIndex,
  parseManifest,
  referenceAnnotation,
  type Descriptor,
} from './layout.ts';
import { archivePathParts } from './rooted-path.ts';
import { visitTarEntries } from './tar-entries.ts';

export interface LoadedImage {
  readonly reference: string;
  readonly descriptor: Descriptor;
}

/** Copies images into `blobs` from a folder in OCI layout, an OCI archive, or a `docker save` archive. */
export async function loadImages(path: string, blobs: BlobFolder): Promise<readonly LoadedImage[]> {
  const facts = await stat(path).catch((cause: unknown) => {
    throw new ImageError('LAYOUT_INVALID', `${path} cannot be read`, { cause });
  });
  if (facts.isDirectory()) return loadFolder(path, blobs);
  const scratch = await mkdtemp(join(dirname(blobs.path('sha256:x')), '.load-'));
  try {
    await extractArchive(path, scratch);
    return await loadFolder(scratch, blobs);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function loadFolder(folder: string, blobs: BlobFolder): Promise<readonly LoadedImage[]> {
  const index = await readFile(join(folder, 'index.json'), 'utf8').catch(() => undefined);
  if (index !== undefined) {
    const images = await loadOciLayout(folder, index, blobs);
    if (images.length > 0) return images;
  }
  const docker = await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => undefined);
  if (docker !== undefined) return loadDockerArchive(folder, docker, blobs);
  throw new ImageError(
    'LAYOUT_INVALID',
    'no named image found: neither an OCI layout nor an archive of docker save',
  );
}

async function loadOciLayout(
  folder: string,
  indexText: string,
  blobs: BlobFolder,
): Promise<readonly LoadedImage[]> {
  const source = new BlobFolder(folder);
  const images: LoadedImage[] = [];
  for (const entry of parseIndex(indexText, 'index.json').manifests) {
    const reference = entry.annotations?.[imageNameAnnotation] ?? entry.annotations?.[referenceAnnotation];
    if (reference === undefined) continue;
    const chosen = isIndexType(entry.mediaType) ? await choosePlatform(entry, source) : entry;
    const manifest = parseManifest(await source.readText(chosen.digest), chosen.digest);
    for (const { digest } of [manifest.config, ...manifest.layers, chosen])
      await copyBlob(source, blobs, digest);
    images.push({
      reference,
      descriptor: { mediaType: chosen.mediaType, digest: chosen.digest, size: chosen.size },
    });
  }
  return images;
}

async function choosePlatform(entry: Descriptor, source: BlobFolder): Promise<Descriptor> {
  const { manifests } = parseIndex(await source.readText(entry.digest), entry.digest);
  const wanted = arch() === 'x64' ? 'amd64' : arch();
  const match = manifests.find(
    ({ platform }) => platform?.os === 'linux' && platform.architecture === wanted,
  );
  const chosen = match ?? (manifests.length === 1 ? manifests[0] : undefined);
  if (chosen !== undefined) return chosen;
  const offered = manifests
    .map(({ platform }) => `${platform?.os ?? '?'}/${platform?.architecture ?? '?'}`)
    .join(', ');
  throw new ImageError('LAYOUT_INVALID', `the image has no part for linux/${wanted}, only for ${offered}`);
}

async function copyBlob(source: BlobFolder, target: BlobFolder, digest: string): Promise<void> {
  if (await target.has(digest)) return;
  if (!(await source.has(digest))) throw new ImageError('LAYOUT_INVALID', `blob ${digest} is missing`);
  await target.write(source.open(digest), [], digest);
}

const dockerManifestSchema = z.array(
  z.object({ Config: z.string(), RepoTags: z.array(z.string()).nullish(), Layers: z.array(z.string()) }),
);

async function loadDockerArchive(
  folder: string,
  text: string,
  blobs: BlobFolder,
): Promise<readonly LoadedImage[]> {
  const parsed = dockerManifestSchema.safeParse(JSON.parse(text));
  if (!parsed.success)
    throw new ImageError('LAYOUT_INVALID', `manifest.json is not valid: ${z.prettifyError(parsed.error)}`);
  const images: LoadedImage[] = [];
  for (const { Config, RepoTags, Layers } of parsed.data) {
    const member = (name: string): string => join(folder, ...archivePathParts(name));
    const config = await blobs.write(createReadStream(member(Config)));
    const layers: Descriptor[] = [];
    for (const layer of Layers) {
      const mediaType = (await isGzip(member(layer))) ? mediaTypes.layerGzip : mediaTypes.layer;
      layers.push({ mediaType, ...(await blobs.write(createReadStream(member(layer)))) });
    }
    const manifest = await blobs.writeJson({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { mediaType: mediaTypes.config, ...config },
      layers,
    });
    for (const reference of RepoTags ?? []) {
      images.push({ reference, descriptor: { mediaType: mediaTypes.manifest, ...manifest } });
    }
  }
  return images;
}

/** The outer archive holds plain files and folders only; anything else in it is left out. */
async function extractArchive(file: string, folder: string): Promise<void> {
  const source = createReadStream(file);
  const stream: Readable = (await isGzip(file)) ? source.pipe(createGunzip()) : source;
  source.on('error', (error) => stream.destroy(error));
  await visitTarEntries(stream, async (entry) => {
    const parts = archivePathParts(entry.path);
    if ((entry.type !== 'File' && entry.type !== 'OldFile') || parts.length === 0) return;
    const target = join(folder, ...parts);
    await mkdir(dirname(target), { recursive: true });
    await pipeline(entry, createWriteStream(target, { flags: 'wx' }));
  });
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file).catch((cause: unknown) => {
    throw new ImageError('LAYOUT_INVALID', `the archive names a file that it does not hold`, { cause });
  });
  try {
    const { buffer } = await handle.read({ buffer: Buffer.alloc(2), position: 0 });
    return buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}
