import { constants } from 'node:fs';
import { chmod, copyFile, cp, link, lutimes, mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Puts a file there under the same or another name; links where it can, because Node is large. */
export async function place(source: string, target: string): Promise<void> {
  const real = await realpath(source);
  await mkdir(dirname(target), { recursive: true });
  await link(real, target).catch(() => copyFile(real, target, constants.COPYFILE_FICLONE));
}

/** A small file with a mode of its own. */
export async function placeProgram(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await copyFile(source, target);
  await chmod(target, 0o755);
}

export async function placeFolder(
  source: string,
  target: string,
  leaveOut: ReadonlySet<string>,
): Promise<void> {
  await cp(source, target, {
    recursive: true,
    dereference: true,
    filter: (path) => !leaveOut.has(basename(path)),
  });
}

/** For whoever runs the image: a user's own folder may be closed to others. Only for files that are nobody else's. */
export async function openToAll(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const { mode } = await stat(path);
    await chmod(path, mode | (entry.isDirectory() ? 0o555 : 0o444));
  }
}

/** The first file below a folder with that name, or whose name matches; symbolic links count. */
export async function findFile(folder: string, name: string | RegExp): Promise<string> {
  const matches = (file: string): boolean => (typeof name === 'string' ? file === name : name.test(file));
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = entries
    .filter((entry) => !entry.isDirectory() && matches(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()[0];
  if (found === undefined) throw new Error(`${folder} holds no file ${String(name)}`);
  return found;
}

/** So that the same content makes the same layer. Hard-linked files keep their times: they are not ours. */
export async function resetFolderTimes(folder: string): Promise<void> {
  const epoch = new Date(0);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isDirectory()) await lutimes(join(entry.parentPath, entry.name), epoch, epoch);
}
