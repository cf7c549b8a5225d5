import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { load } from 'js-yaml';
import * as z from 'zod';
import { assembleLauncherRoot } from '@kaito-ts/launcher';
import { embeddedCatalogue } from '@kaito-ts/preset-catalog';
import { debianPackage } from './debian.ts';
import { openToAll, place, placeFolder, placeProgram } from './files.ts';
import { placeLibraries, placeNodeRoot, staticPrograms } from './node-files.ts';
import { placePackages } from './npm-packages.ts';

export interface ImageRecipe {
  /** Name and tag without a registry. */
  readonly reference: string;
  /** Name of the Containerfile in this package. */
  readonly containerfile: 'launcher' | 'operator' | 'llama-cpp' | 'files';
  /** Lays the image's files out in an empty folder. */
  readonly assemble: (root: string, progress: (line: string) => void) => Promise<void>;
}

export const imageNames = ['launcher', 'operator', 'llama-cpp'] as const;

const { resolve: find } = createRequire(import.meta.url);

/** The images that this project publishes. */
export async function projectImages(): Promise<Readonly<Record<(typeof imageNames)[number], ImageRecipe>>> {
  const version = await versionOf('@kaito-ts/launcher');
  const llama = embeddedCatalogue().runtime('llamacpp')?.defaultImage ?? `kaito-ts/llama-cpp:${version}`;
  return {
    launcher: { reference: `kaito-ts/launcher:${version}`, containerfile: 'launcher', assemble: launcher },
    operator: { reference: `kaito-ts/operator:${version}`, containerfile: 'operator', assemble: operator },
    'llama-cpp': { reference: llama, containerfile: 'llama-cpp', assemble: llamaCpp },
  };
}

/** An adapter or a model: the folder's files under /data. */
export function folderImage(folder: string, reference: string): ImageRecipe {
  return pathsImage(reference, [['data', folder]]);
}

const ListSchema = z.array(z.strictObject({ tag: z.string(), paths: z.record(z.string(), z.string()) }));

/** The images of a list such as examples/demo/images.yaml. */
export async function listedImages(file: string): Promise<readonly ImageRecipe[]> {
  const entries = ListSchema.parse(load(await readFile(file, 'utf8'), { filename: file }));
  return entries.map(({ tag, paths }) =>
    pathsImage(
      tag,
      Object.entries(paths).map(([path, source]) => [path, resolve(dirname(file), source)]),
    ),
  );
}

function pathsImage(
  reference: string,
  paths: readonly (readonly [path: string, source: string])[],
): ImageRecipe {
  return {
    reference,
    containerfile: 'files',
    assemble: async (root) => {
      for (const [path, source] of paths) await placeFolder(source, join(root, path), new Set());
      await openToAll(root);
    },
  };
}

/**
 * What is copied into foreign containers: it relies on nothing that they have. Scripts name the injected busybox as their
 * interpreter, which is why the folder must be mounted at /kaito; Node comes with its own loader and libraries.
 */
async function launcher(root: string, progress: (line: string) => void): Promise<void> {
  const target = join(root, 'launcher');
  const runtime = join(target, 'lib/runtime');
  await assembleLauncherRoot({ targetDirectory: target, ...(await staticPrograms(progress)) });
  await placeLibraries(runtime, progress);
  await place(process.execPath, join(runtime, 'node'));
  const files = join(folderOf('@kaito-ts/launcher'), 'image/container');
  await place(join(files, 'exec-path.cjs'), join(runtime, 'exec-path.cjs'));
  await rm(join(target, 'bin/node'));
  await placeProgram(join(files, 'node'), join(target, 'bin/node'));
  const starter = join(target, 'bin/launcher');
  const text = await readFile(starter, 'utf8');
  await writeFile(starter, text.replace(/^#!.*/, '#!/kaito/bin/busybox sh'));
}

async function operator(root: string, progress: (line: string) => void): Promise<void> {
  await placeNodeRoot(root, progress);
  await placeProgram(await freshBundle('@kaito-ts/operator'), join(root, 'app/dist/main.mjs'));
  const certificates = join(
    await debianPackage('ca-certificates', progress),
    'usr/share/ca-certificates/mozilla',
  );
  const names = (await readdir(certificates)).filter((name) => name.endsWith('.crt')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(certificates, name), 'utf8')));
  await mkdir(join(root, 'etc/ssl/certs'), { recursive: true });
  await writeFile(join(root, 'etc/ssl/certs/ca-certificates.crt'), texts.join(''));
}

const cpuRuntimeStarter = `#!/bin/sh
exec /usr/local/bin/node --max-semi-space-size=1 --optimize-for-size /app/dist/main.mjs "$@"
`;

async function llamaCpp(root: string, progress: (line: string) => void): Promise<void> {
  await placeNodeRoot(root, progress);
  await placeProgram(await freshBundle('@kaito-ts/cpu-runtime'), join(root, 'app/dist/main.mjs'));
  await placePackages('node-llama-cpp', {
    from: folderOf('@kaito-ts/cpu-runtime'),
    target: join(root, 'app/node_modules'),
  });
  await writeFile(join(root, 'usr/local/bin/kaito-cpu-runtime'), cpuRuntimeStarter, { mode: 0o755 });
}

/** The committed shim builds what is missing or stale before it runs; asking for help is enough. */
async function freshBundle(name: string): Promise<string> {
  const folder = folderOf(name);
  const { bin } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    readonly bin: Readonly<Record<string, string>>;
  };
  await promisify(execFile)(process.execPath, [join(folder, Object.values(bin)[0] ?? ''), '--help']);
  const bundle = join(folder, 'dist/main.mjs');
  if (!existsSync(bundle)) throw new Error(`${name} made no bundle at ${bundle}`);
  return bundle;
}

async function versionOf(name: string): Promise<string> {
  const manifest = JSON.parse(await readFile(find(`${name}/package.json`), 'utf8')) as { version: string };
  return manifest.version;
}

function folderOf(name: string): string {
  return dirname(find(`${name}/package.json`));
}
