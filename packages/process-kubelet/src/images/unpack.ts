import { createWriteStream } from 'node:fs';
import { chmod, link, lstat, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadEntry } from 'tar';
import { ImageError } from './image-error.ts';
import { archivePathParts, containedLinkTarget, resolveInRoot } from './rooted-path.ts';
import { visitTarEntries } from './tar-entries.ts';

const whiteoutPrefix = '.wh.';
const opaqueWhiteout = '.wh..wh..opq';
/** Set-user-id, set-group-id and sticky bits have no business on a shared host folder. */
const permissionBits = 0o777;

/**
 * Applies one layer's tar stream to a folder that earlier layers filled. Nothing is ever written, linked or read
 * outside `root`: names that climb are refused, links are rewritten to stay inside, devices and pipes are left out.
 */
export async function applyLayer(tar: Readable, root: string): Promise<void> {
  const ownPaths = new Set<string>();
  await visitTarEntries(tar, async (entry) => {
    const parts = archivePathParts(entry.path);
    const name = parts.at(-1);
    if (name === undefined) return;
    const parent = await resolveInRoot(root, parts.slice(0, -1));
    if (name === opaqueWhiteout) await removeLowerEntries(parent, ownPaths);
    else if (name.startsWith(whiteoutPrefix))
      await removeLower(root, parent, name.slice(whiteoutPrefix.length));
    else {
      await makeDirectories(root, parent);
      const path = join(parent, name);
      await writeEntry(entry, root, path);
      ownPaths.add(path);
    }
  });
}

async function writeEntry(entry: ReadEntry, root: string, path: string): Promise<void> {
  const mode = (entry.mode ?? 0o644) & permissionBits;
  // Devices, pipes and the archive formats' own records fall to the last case.
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check
  switch (entry.type) {
    case 'Directory':
    case 'GNUDumpDir': {
      const existing = await lstat(path).catch(() => undefined);
      if (existing?.isDirectory() !== true) {
        await rm(path, { force: true });
        await mkdir(path);
      }
      await chmod(path, mode | 0o700);
      return;
    }
    case 'File':
    case 'OldFile':
    case 'ContiguousFile': {
      await rm(path, { recursive: true, force: true });
      // `wx` never follows a link that something else may have put there.
      await pipeline(entry, createWriteStream(path, { flags: 'wx', mode: mode | 0o400 }));
      await chmod(path, mode | 0o400);
      return;
    }
    case 'SymbolicLink': {
      await rm(path, { recursive: true, force: true });
      await symlink(containedLinkTarget(root, dirname(path), entry.linkpath ?? ''), path);
      return;
    }
    case 'Link': {
      const target = await resolveInRoot(root, archivePathParts(entry.linkpath ?? ''));
      const existing = await lstat(target).catch(() => undefined);
      if (existing?.isFile() !== true) {
        throw new ImageError(
          'LAYER_UNSAFE',
          `hard link ${JSON.stringify(entry.path)} names ${JSON.stringify(entry.linkpath)}, which is no file of this image`,
        );
      }
      if (target === path) return;
      await rm(path, { recursive: true, force: true });
      await link(target, path);
      return;
    }
    default:
      return;
  }
}

async function makeDirectories(root: string, directory: string): Promise<void> {
  const existing = await lstat(directory).catch(() => undefined);
  if (existing?.isDirectory() === true) return;
  if (directory === root) {
    await mkdir(root, { recursive: true });
    return;
  }
  await makeDirectories(root, dirname(directory));
  await rm(directory, { force: true });
  await mkdir(directory);
}

async function removeLower(root: string, parent: string, name: string): Promise<void> {
  if (name === '' || name === '.' || name === '..') {
    throw new ImageError(
      'LAYER_UNSAFE',
      `a whiteout in ${JSON.stringify(relative(root, parent))} names ${JSON.stringify(name)}`,
    );
  }
  await rm(join(parent, name), { recursive: true, force: true });
}

/** An opaque folder hides what lower layers put into it, not what its own layer does. */
async function removeLowerEntries(directory: string, ownPaths: ReadonlySet<string>): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const path of names.map((name) => join(directory, name))) {
    if (!ownPaths.has(path)) {
      await rm(path, { recursive: true, force: true });
    } else if ((await lstat(path)).isDirectory()) {
      await removeLowerEntries(path, ownPaths);
    }
  }
}
