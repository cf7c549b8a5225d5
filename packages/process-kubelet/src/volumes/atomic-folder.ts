import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface PayloadFile {
  readonly content: Buffer;
  readonly mode: number;
}

/** Files of a volume by path below its mount. */
export type Payload = ReadonlyMap<string, PayloadFile>;

const dataLink = '..data';

/**
 * Makes `directory` show exactly `payload`, all files at once: they are written into a new folder, and one rename of
 * the link `..data` switches over. Returns whether anything changed.
 */
export async function writeAtomically(directory: string, payload: Payload): Promise<boolean> {
  await mkdir(directory, { recursive: true });
  const previous = await readlink(join(directory, dataLink)).catch(() => undefined);
  if (previous !== undefined && (await shows(join(directory, previous), payload))) return false;
  const next = await mkdtemp(join(directory, '..version-'));
  await chmod(next, 0o755);
  for (const [path, { content, mode }] of payload) {
    const file = join(next, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    await chmod(file, mode);
  }
  await switchLink(join(directory, dataLink), basename(next));
  await linkNames(directory, payload);
  if (previous !== undefined) await rm(join(directory, previous), { recursive: true, force: true });
  return true;
}

async function linkNames(directory: string, payload: Payload): Promise<void> {
  const names = new Set([...payload.keys()].map((path) => path.split('/')[0] ?? path));
  for (const name of names) {
    const existing = await lstat(join(directory, name)).catch(() => undefined);
    if (existing === undefined) await symlink(join(dataLink, name), join(directory, name));
  }
  for (const name of await readdir(directory)) {
    if (!name.startsWith('..') && !names.has(name))
      await rm(join(directory, name), { recursive: true, force: true });
  }
}

async function switchLink(link: string, target: string): Promise<void> {
  await rm(`${link}_tmp`, { force: true });
  await symlink(target, `${link}_tmp`);
  await rename(`${link}_tmp`, link);
}

async function shows(folder: string, payload: Payload): Promise<boolean> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  if (entries.filter((entry) => entry.isFile()).length !== payload.size) return false;
  for (const [path, { content, mode }] of payload) {
    const file = join(folder, path);
    const facts = await lstat(file).catch(() => undefined);
    if (facts === undefined || (facts.mode & 0o777) !== mode) return false;
    if (!content.equals(await readFile(file))) return false;
  }
  return true;
}
