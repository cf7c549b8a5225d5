import { lstat, readlink } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { ImageError } from './image-error.ts';

/** Linux follows at most this many symbolic links in one path. */
const maximumLinks = 40;

/** The parts of a path inside an archive; a part that climbs is refused, not clamped. */
export function archivePathParts(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || path.includes('\0')) {
    throw new ImageError('LAYER_UNSAFE', `layer entry ${JSON.stringify(path)} would leave the image's root`);
  }
  return parts;
}

/**
 * Where a path inside `root` really is, with symbolic links followed as a process that is chrooted to `root` would:
 * absolute targets start at `root`, and `..` at `root` stays there. The last part may be missing.
 */
export async function resolveInRoot(root: string, parts: readonly string[]): Promise<string> {
  let links = 0;
  let resolved: string[] = [];
  const pending = [...parts];
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      resolved = resolved.slice(0, -1);
      continue;
    }
    const target = await linkTarget(join(root, ...resolved, part));
    if (target === undefined) {
      resolved.push(part);
      continue;
    }
    links += 1;
    if (links > maximumLinks) {
      throw new ImageError('LAYER_UNSAFE', `too many symbolic links in ${JSON.stringify(parts.join('/'))}`);
    }
    if (target.startsWith('/')) resolved = [];
    pending.unshift(...target.split('/'));
  }
  return join(root, ...resolved);
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The target to write for a symbolic link in `directory` (already resolved, inside `root`), so that the host follows it
 * to where the container would: relative, without `..` after its first name, and never above `root`.
 */
export function containedLinkTarget(root: string, directory: string, target: string): string {
  const inside = '/' + relative(root, directory);
  const meant = resolve(target.startsWith('/') ? '/' : inside, target);
  const written = relative(inside, meant);
  return written === '' ? '.' : written;
}
