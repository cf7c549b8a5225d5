import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageError } from './image-error.ts';
import { findProgram, type ProgramEntry } from './programs.ts';
import type { ImageConfig, ImageStore } from './store.ts';

/** What a container gets from its image. */
export interface ContainerImage {
  readonly id: string;
  /** The unpacked root; absent when the image only stands for programs of this host. */
  readonly root?: string;
  readonly programPath: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly config: ImageConfig;
}

export interface ContainerImages {
  /** Throws ImageError when neither the table of programs nor the store has the image. */
  resolve(reference: string): Promise<ContainerImage>;
  /** The unpacked root alone, for a volume that shows an image. */
  root(reference: string): Promise<string>;
}

export interface ContainerImagesOptions {
  readonly store: ImageStore | undefined;
  readonly programs: readonly ProgramEntry[];
  /** Unpacked roots live here, one per manifest digest, shared by all containers. */
  readonly rootsDirectory: string;
}

const noConfig: ImageConfig = { entrypoint: [], command: [], env: [] };

export async function createContainerImages({
  store,
  programs,
  rootsDirectory,
}: ContainerImagesOptions): Promise<ContainerImages> {
  await removeUnfinished(rootsDirectory);
  const unpacking = new Map<string, Promise<string>>();

  const unpackedRoot = async (images: ImageStore, reference: string, digest: string): Promise<string> => {
    const root = join(rootsDirectory, digest.replace(':', '-').slice(0, 'sha256-'.length + 16));
    if (await isFolder(root)) return root;
    const temporary = `${root}.tmp`;
    await rm(temporary, { recursive: true, force: true });
    await images.unpack(reference, temporary);
    await rename(temporary, root);
    return root;
  };
  const rootOnce = async (images: ImageStore, reference: string, digest: string): Promise<string> => {
    const running =
      unpacking.get(digest) ??
      unpackedRoot(images, reference, digest).finally(() => unpacking.delete(digest));
    unpacking.set(digest, running);
    return running;
  };
  const fromStore = async (reference: string): Promise<ContainerImage | undefined> => {
    const found = await store?.find(reference);
    if (store === undefined || found === undefined) return undefined;
    const root = await rootOnce(store, reference, found.digest);
    const config = await store.config(reference);
    return {
      id: `${found.reference.replace(/:[^:/]*$/, '')}@${found.digest}`,
      root,
      programPath: [],
      env: {},
      config,
    };
  };
  const resolve = async (reference: string): Promise<ContainerImage> => {
    const program = findProgram(programs, reference);
    const stored = program?.root === undefined ? await fromStore(reference) : undefined;
    if (stored === undefined && program === undefined) {
      throw new ImageError(
        'IMAGE_NOT_FOUND',
        `image ${JSON.stringify(reference)} is neither in the local image store nor in the table of programs; ` +
          `next: kaito images build DIR --tag ${reference}, or kaito images load FILE`,
      );
    }
    const base = stored ?? { id: `program://${reference}`, programPath: [], env: {}, config: noConfig };
    return {
      ...base,
      ...(program?.root === undefined ? {} : { root: program.root }),
      programPath: program?.path ?? [],
      env: program?.env ?? {},
    };
  };
  return {
    resolve,
    async root(reference) {
      const { root } = await resolve(reference);
      if (root !== undefined) return root;
      throw new ImageError(
        'IMAGE_NOT_FOUND',
        `image ${JSON.stringify(reference)} stands for host programs and has no files to show`,
      );
    },
  };
}

async function removeUnfinished(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const name of await readdir(directory)) {
    if (name.endsWith('.tmp')) await rm(join(directory, name), { recursive: true, force: true });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}
