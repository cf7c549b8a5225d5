import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execute } from '@kaito-ts/real-cluster';

/** Of Debian 12. A mirror drops a version when a security update replaces it; then the newest is taken, and said so. */
const pins = {
  libc6: '2.36-9+deb12u14',
  'libstdc++6': '12.2.0-14+deb12u1',
  'libgcc-s1': '12.2.0-14+deb12u1',
  libgomp1: '12.2.0-14+deb12u1',
  'busybox-static': '1:1.35.0-4+deb12u1+b1',
  tini: '0.19.0-1+b3',
  'ca-certificates': '20230311+deb12u1',
} as const;

/** A mirror that does not answer now may in a moment. */
const patience = ['-o', 'Acquire::Retries=5'];

export type DebianPackage = keyof typeof pins;

/** The unpacked files of a Debian package, in a cache outside of the repository. Verified by apt. */
export async function debianPackage(
  name: DebianPackage,
  progress: (line: string) => void = () => {},
): Promise<string> {
  const architecture = (await execute('dpkg', ['--print-architecture'])).trim();
  const target = join(cacheFolder(), `${name}_${pins[name].replaceAll(':', '.')}_${architecture}`);
  if (existsSync(target)) return target;
  await mkdir(cacheFolder(), { recursive: true });
  const folder = await mkdtemp(`${target}.part-`);
  try {
    await download(name, folder, progress);
    const file = (await readdir(folder)).find((each) => each.endsWith('.deb')) ?? '';
    await execute('dpkg-deb', ['-x', join(folder, file), join(folder, 'files')]);
    await rename(join(folder, 'files'), target).catch((error: unknown) => {
      if (!existsSync(target)) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return target;
}

async function download(name: DebianPackage, cwd: string, progress: (line: string) => void): Promise<void> {
  const fetchPackage = (what: string): Promise<string> =>
    execute('apt-get', ['download', '-q', ...patience, what], { cwd });
  const pinned = `${name}=${pins[name]}`;
  try {
    await fetchPackage(pinned);
    return;
  } catch {
    await execute('apt-get', ['update', '-q', ...patience]);
  }
  try {
    await fetchPackage(pinned);
  } catch {
    progress(`Debian's mirror has no ${pinned} any more; taking its newest ${name}`);
    await fetchPackage(name);
  }
}

function cacheFolder(): string {
  const { env } = process;
  const root = env['KAITO_CACHE_DIR'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'kaito-ts');
  return join(root, 'debian');
}
