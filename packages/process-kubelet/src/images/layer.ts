import { readdir, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { constants, createGzip, type Gzip } from 'node:zlib';
import { create } from 'tar';
import { ImageError } from './image-error.ts';

/**
 * A folder as one tar stream whose bytes depend on names, modes, links and contents only: sorted, without owners and
 * times.
 */
export async function packFolder(directory: string): Promise<Readable> {
  const facts = await stat(directory).catch(() => undefined);
  if (facts?.isDirectory() !== true) {
    throw new ImageError('LAYOUT_INVALID', `${directory} is not a folder; an image is built from a folder`);
  }
  const paths = (await readdir(directory, { recursive: true })).sort(byBytes);
  const pack = create(
    { cwd: directory, portable: true, mtime: new Date(0), noDirRecurse: true, filter: asSingleFile },
    paths,
  );
  return Readable.from(pack);
}

export function gzipLayer(): Gzip {
  return createGzip({ level: constants.Z_DEFAULT_COMPRESSION });
}

function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** Each name of a hard-linked file is written as a file: which one comes first is chance, and copies lose the link. */
function asSingleFile(_path: string, facts: { nlink?: unknown }): boolean {
  facts.nlink = 1;
  return true;
}
