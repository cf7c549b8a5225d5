import { access, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const ROOT = '/sys/fs/cgroup';
const MOST_TRIES = 50;
const RETRY_MILLISECONDS = 100;

/** Makes the node's own cgroup under every controller (version 1) or in the one tree (version 2). */
export async function makeCgroup(name: string): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    await mkdir(join(hierarchy, name), { recursive: true });
    // A new cpuset of version 1 is empty, and nothing can run in it.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      const value = await readFile(join(hierarchy, file), 'utf8').catch(() => undefined);
      if (value !== undefined) await writeFile(join(hierarchy, name, file), value).catch(() => {});
    }
  }
}

/** All its processes must be gone; the kernel may count them for a moment longer. */
export async function removeCgroup(name: string): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    const path = join(hierarchy, name);
    for (let tries = 0; tries < MOST_TRIES && (await isThere(path)); tries += 1) {
      if (tries > 0) await wait(RETRY_MILLISECONDS);
      await removeTree(path);
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function hierarchies(): Promise<readonly string[]> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' '));
  return mounts
    .filter(([, path = '', type = '']) => type.startsWith('cgroup') && path.startsWith(ROOT))
    .map(([, path = '']) => path);
}

/** A cgroup is removed with rmdir, children first; its files cannot be. */
async function removeTree(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(path, entry.name));
  await rmdir(path).catch(() => {});
}
