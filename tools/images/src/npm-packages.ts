import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { placeFolder } from './files.ts';

/** Sources, build tools and documentation: nothing of it is loaded. */
const leaveOut = new Set([
  'gitRelease.bundle',
  'addon',
  'xpack',
  'toolchains',
  'patches',
  'templates',
  '.bin',
]);

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Copies an installed npm package and all that it depends on, nested as npm has them. */
export async function placePackages(
  name: string,
  { from, target }: { readonly from: string; readonly target: string },
): Promise<void> {
  const source = findPackage(name, from);
  if (source === undefined) throw new Error(`the npm package ${name} is not installed; run npm ci`);
  const folder = join(target, placeOf(source));
  if (existsSync(folder)) return;
  await mkdir(dirname(folder), { recursive: true });
  await placeFolder(source, folder, new Set([...leaveOut, 'node_modules']));
  const manifest = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as Manifest;
  const needed = [...Object.keys(manifest.dependencies ?? {}), ...ownBinaries(manifest)];
  for (const each of needed) await placePackages(each, { from: source, target });
}

/** Of `REPOSITORY/node_modules/a/node_modules/b`, `a/node_modules/b`. */
function placeOf(source: string): string {
  const marker = '/node_modules/';
  return source.slice(source.indexOf(marker) + marker.length);
}

/** Of the packages with binaries, only those of this machine's kind. */
function ownBinaries({ optionalDependencies = {} }: Manifest): readonly string[] {
  return Object.keys(optionalDependencies).filter((name) => name.endsWith(`/linux-${process.arch}`));
}

/** As Node finds it: in node_modules of the folder, or of one above it. */
function findPackage(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (folder === dirname(folder)) return undefined;
  }
}
