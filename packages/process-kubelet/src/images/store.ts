import { createReadStream } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { BlobFolder, digestStream } from './blobs.ts';
import { withStoreLock } from './store-lock.ts';
import { ImageError } from './image-error.ts';
import { gzipLayer, packFolder } from './layer.ts';
import {
  isIndexType,
  mediaTypes,
  parseConfig,
  parseIndex,
  parseManifest,
  referenceAnnotation,
  type Descriptor,
  type ImageConfigFile,
  type ImageIndex,
} from './layout.ts';
import { loadImages } from './load.ts';
import { parseReference, taggedName } from './reference.ts';
import { applyLayer } from './unpack.ts';

export interface StoredImage {
  /** `name:tag`. */
  readonly reference: string;
  /** Of the manifest: what `name@sha256:…` names. */
  readonly digest: string;
  /** Of the layers as stored. */
  readonly sizeBytes: number;
}

export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly env: readonly string[];
  readonly workingDirectory?: string;
  readonly user?: string;
}

export interface BuildRequest {
  /** The folder that becomes the image's root: a folder holding `data/` gives `/data`. */
  readonly directory: string;
  readonly tag: string;
  readonly config?: Partial<ImageConfig>;
}

/** A folder in OCI image layout, holding images by `name:tag`. Several processes may use it at once. */
export interface ImageStore {
  readonly directory: string;
  build(request: BuildRequest): Promise<StoredImage>;
  /** Takes a folder in OCI layout, an OCI archive, or what `docker save` writes; returns what was added. */
  load(path: string): Promise<readonly StoredImage[]>;
  list(): Promise<readonly StoredImage[]>;
  /** Throws `IMAGE_NOT_FOUND` when absent; blobs that no other image needs go too. */
  remove(reference: string): Promise<void>;
  find(reference: string): Promise<StoredImage | undefined>;
  config(reference: string): Promise<ImageConfig>;
  /** Fills an empty or absent folder; on failure it is removed. */
  unpack(reference: string, targetDirectory: string): Promise<StoredImage>;
}

export async function openImageStore(directory: string): Promise<ImageStore> {
  await mkdir(join(directory, 'blobs', 'sha256'), { recursive: true });
  await writeFile(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const blobs = new BlobFolder(directory);
  const indexFile = join(directory, 'index.json');

  const readIndex = async (): Promise<ImageIndex> => {
    const text = await readFile(indexFile, 'utf8').catch(() => '{"schemaVersion":2,"manifests":[]}');
    return parseIndex(text, indexFile);
  };
  const changeIndex = async (
    change: (entries: readonly Descriptor[]) => readonly Descriptor[],
  ): Promise<void> =>
    withStoreLock(directory, async () => {
      const manifests = change((await readIndex()).manifests);
      const text = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }, undefined, 2);
      await writeFile(`${indexFile}.tmp`, text);
      await rename(`${indexFile}.tmp`, indexFile);
    });
  const put = async (reference: string, descriptor: Descriptor): Promise<StoredImage> => {
    const named = { ...descriptor, annotations: { [referenceAnnotation]: reference } };
    await changeIndex((entries) => [...entries.filter((entry) => referenceOf(entry) !== reference), named]);
    return describe(named);
  };
  const describe = async (entry: Descriptor): Promise<StoredImage> => {
    const manifest = parseManifest(await blobs.readText(entry.digest), entry.digest);
    const sizeBytes = manifest.layers.reduce((sum, layer) => sum + layer.size, 0);
    return { reference: referenceOf(entry), digest: entry.digest, sizeBytes };
  };
  const locate = async (reference: string): Promise<Descriptor | undefined> => {
    const wanted = parseReference(reference);
    return (await readIndex()).manifests.find((entry) =>
      wanted.digest === undefined
        ? referenceOf(entry) === taggedName(wanted)
        : entry.digest === wanted.digest && parseReference(referenceOf(entry)).name === wanted.name,
    );
  };
  const require = async (reference: string): Promise<Descriptor> => {
    const entry = await locate(reference);
    if (entry !== undefined) return entry;
    throw new ImageError(
      'IMAGE_NOT_FOUND',
      `image ${JSON.stringify(reference)} is not in the store ${directory}`,
    );
  };
  const configFile = async (entry: Descriptor): Promise<ImageConfigFile> => {
    const manifest = parseManifest(await blobs.readText(entry.digest), entry.digest);
    return parseConfig(await blobs.readText(manifest.config.digest), manifest.config.digest);
  };

  return {
    directory,
    async build({ directory: folder, tag, config = {} }) {
      const reference = taggedName(parseReference(tag));
      const uncompressed = digestStream();
      const layer = await blobs.write(await packFolder(folder), [uncompressed.stream, gzipLayer()]);
      const configBlob = await blobs.writeJson(newConfigFile(config, uncompressed.result().digest));
      const manifest = await blobs.writeJson({
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        config: { mediaType: mediaTypes.config, ...configBlob },
        layers: [{ mediaType: mediaTypes.layerGzip, ...layer }],
      });
      return put(reference, { mediaType: mediaTypes.manifest, ...manifest });
    },
    async load(path) {
      const loaded: StoredImage[] = [];
      for (const { reference, descriptor } of await loadImages(path, blobs)) {
        loaded.push(await put(taggedName(parseReference(reference)), descriptor));
      }
      return loaded;
    },
    async list() {
      const images = await Promise.all((await readIndex()).manifests.map((entry) => describe(entry)));
      return images.sort((left, right) => left.reference.localeCompare(right.reference));
    },
    async remove(reference) {
      const entry = await require(reference);
      await changeIndex((entries) => entries.filter((other) => referenceOf(other) !== referenceOf(entry)));
      await removeUnusedBlobs(directory, blobs, (await readIndex()).manifests);
    },
    async find(reference) {
      const entry = await locate(reference);
      return entry === undefined ? undefined : describe(entry);
    },
    async config(reference) {
      const { config } = await configFile(await require(reference));
      return {
        entrypoint: config?.Entrypoint ?? [],
        command: config?.Cmd ?? [],
        env: config?.Env ?? [],
        ...(config?.WorkingDir ? { workingDirectory: config.WorkingDir } : {}),
        ...(config?.User ? { user: config.User } : {}),
      };
    },
    async unpack(reference, targetDirectory) {
      const entry = await require(reference);
      const manifest = parseManifest(await blobs.readText(entry.digest), entry.digest);
      const diffIds = (await configFile(entry)).rootfs?.diff_ids ?? [];
      await mkdir(targetDirectory, { recursive: true });
      if ((await readdir(targetDirectory)).length > 0) {
        throw new ImageError(
          'LAYOUT_INVALID',
          `${targetDirectory} is not empty; an image is unpacked into an empty folder`,
        );
      }
      try {
        for (const [index, layer] of manifest.layers.entries()) {
          await unpackLayer(blobs, layer, { root: targetDirectory, diffId: diffIds[index] });
        }
      } catch (error) {
        await rm(targetDirectory, { recursive: true, force: true });
        throw error;
      }
      return describe(entry);
    },
  };
}

function referenceOf(entry: Descriptor): string {
  return entry.annotations?.[referenceAnnotation] ?? '';
}

function newConfigFile(config: Partial<ImageConfig>, diffId: string): unknown {
  return {
    architecture: arch() === 'x64' ? 'amd64' : arch(),
    os: 'linux',
    config: {
      ...(config.entrypoint === undefined ? {} : { Entrypoint: config.entrypoint }),
      ...(config.command === undefined ? {} : { Cmd: config.command }),
      ...(config.env === undefined ? {} : { Env: config.env }),
      ...(config.workingDirectory === undefined ? {} : { WorkingDir: config.workingDirectory }),
    },
    rootfs: { type: 'layers', diff_ids: [diffId] },
  };
}

async function unpackLayer(
  blobs: BlobFolder,
  layer: Descriptor,
  { root, diffId }: { readonly root: string; readonly diffId: string | undefined },
): Promise<void> {
  const stored = digestStream();
  const uncompressed = digestStream();
  const decompress = decompressor(layer.mediaType);
  const source = createReadStream(blobs.path(layer.digest));
  const steps = [stored.stream, ...(decompress === undefined ? [] : [decompress]), uncompressed.stream];
  let flow: Readable = source;
  for (const step of steps) {
    // `pipe` does not carry errors on; the last stream must end with them.
    flow.on('error', (error) => uncompressed.stream.destroy(error));
    flow = flow.pipe(step) as unknown as Readable;
  }
  try {
    await applyLayer(flow, root);
    flow.resume();
  } finally {
    source.destroy();
  }
  const actual = stored.result().digest;
  if (actual !== layer.digest)
    throw new ImageError('BLOB_CORRUPT', `a layer named ${layer.digest} holds ${actual}`);
  if (diffId !== undefined && uncompressed.result().digest !== diffId) {
    throw new ImageError('BLOB_CORRUPT', `layer ${layer.digest} does not unpack to ${diffId}`);
  }
}

function decompressor(mediaType: string): NodeJS.ReadWriteStream | undefined {
  if (mediaType.endsWith('gzip')) return createGunzip();
  if (mediaType.endsWith('zstd')) return createZstdDecompress();
  if (mediaType.endsWith('tar')) return undefined;
  throw new ImageError('LAYER_UNSUPPORTED', `layers of type ${mediaType} cannot be unpacked`);
}

async function removeUnusedBlobs(
  directory: string,
  blobs: BlobFolder,
  entries: readonly Descriptor[],
): Promise<void> {
  const used = new Set<string>();
  for (const { digest, mediaType } of entries) {
    used.add(digest);
    if (isIndexType(mediaType)) continue;
    const manifest = parseManifest(await blobs.readText(digest), digest);
    for (const part of [manifest.config, ...manifest.layers]) used.add(part.digest);
  }
  const folder = join(directory, 'blobs', 'sha256');
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const fresh = Date.now() - (await stat(path)).mtimeMs < 60_000;
    if (!used.has(`sha256:${name}`) && !fresh) await rm(path, { force: true });
  }
}
