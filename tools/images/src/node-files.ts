import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debianPackage } from './debian.ts';
import { findFile, place, placeProgram } from './files.ts';

type Progress = (line: string) => void;

/** What npm's Node is linked to. */
const libraries = [
  ['libc6', ['libc.so.6', 'libm.so.6', 'libdl.so.2', 'libpthread.so.0', 'librt.so.1', 'libresolv.so.2']],
  ['libstdc++6', ['libstdc++.so.6']],
  ['libgcc-s1', ['libgcc_s.so.1']],
] as const;

/** The libraries and the loader (as `ld.so`) in one folder, to be used wherever that folder comes to lie. */
export async function placeLibraries(folder: string, progress: Progress): Promise<void> {
  for (const [name, files] of libraries) {
    const source = await debianPackage(name, progress);
    for (const file of files) await place(await findFile(source, file), join(folder, file));
  }
  await place(await loader(progress), join(folder, 'ld.so'));
}

/** A root folder in which programs that are linked to glibc run: loader and libraries where they are looked for. */
export async function placeNodeRoot(root: string, progress: Progress): Promise<void> {
  const loaderPath = await loader(progress);
  // Debian's name of the folder, such as x86_64-linux-gnu, is one of those that its loader searches.
  const source = await findFile(await debianPackage('libc6', progress), 'libc.so.6');
  const tuple = source.split('/').at(-2) ?? '';
  for (const [name, files] of libraries) {
    const folder = await debianPackage(name, progress);
    for (const file of files) await place(await findFile(folder, file), join(root, 'lib', tuple, file));
  }
  const interpreter = process.arch === 'arm64' ? 'lib/ld-linux-aarch64.so.1' : 'lib64/ld-linux-x86-64.so.2';
  await place(loaderPath, join(root, interpreter));
  await place(process.execPath, join(root, 'usr/local/bin/node'));
  await placeStaticPrograms(join(root, 'bin'), progress);
  await placeProgram(join(root, 'bin/busybox'), join(root, 'bin/sh'));
  await writeUsers(root);
}

export async function placeStaticPrograms(folder: string, progress: Progress): Promise<void> {
  const { busybox, tini } = await staticPrograms(progress);
  await placeProgram(busybox, join(folder, 'busybox'));
  await placeProgram(tini, join(folder, 'tini'));
}

export async function staticPrograms(
  progress: Progress,
): Promise<{ readonly busybox: string; readonly tini: string }> {
  return {
    busybox: await findFile(await debianPackage('busybox-static', progress), 'busybox'),
    tini: await findFile(await debianPackage('tini', progress), 'tini-static'),
  };
}

async function loader(progress: Progress): Promise<string> {
  return findFile(await debianPackage('libc6', progress), /^ld-linux-.*\.so\.\d$/);
}

/** Programs ask who they are; a folder for temporary files is a volume's business. */
async function writeUsers(root: string): Promise<void> {
  await mkdir(join(root, 'etc'), { recursive: true });
  await writeFile(
    join(root, 'etc/passwd'),
    'root:x:0:0::/:/sbin/nologin\nkaito:x:65532:65532::/:/sbin/nologin\n',
  );
  await writeFile(join(root, 'etc/group'), 'root:x:0:\nkaito:x:65532:\n');
}
