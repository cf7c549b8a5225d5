import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

export interface LauncherRootOptions {
  /** Becomes `bin/{launcher,copy-artifact.sh,node,tini,busybox}` and `lib/launcher.mjs`; replaced if it exists. */
  readonly targetDirectory: string;
  /** The Node that runs the launcher, linked to. Default: the one that runs now. */
  readonly node?: string;
  /** Static programs for real containers; without them small shell scripts stand in, for processes on a host. */
  readonly busybox?: string;
  readonly tini?: string;
  /** The bundle; default: that of this package, built first when its sources are newer. */
  readonly bundle?: string;
}

/** Lays out the files that are injected into a model's container, as the root of the launcher image. */
export async function assembleLauncherRoot(options: LauncherRootOptions): Promise<void> {
  const { targetDirectory, node = process.execPath } = options;
  const room = dirname(createRequire(import.meta.url).resolve('@kaito-ts/launcher/package.json'));
  const bundle = options.bundle ?? (await freshBundle(room));
  const bin = join(targetDirectory, 'bin');
  const lib = join(targetDirectory, 'lib');
  for (const folder of [bin, lib]) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  }
  const programs = {
    launcher: join(room, 'image/bin/launcher'),
    'copy-artifact.sh': join(room, 'image/bin/copy-artifact.sh'),
    busybox: options.busybox ?? join(room, 'image/stand-ins/busybox'),
    tini: options.tini ?? join(room, 'image/stand-ins/tini'),
  };
  for (const [name, source] of Object.entries(programs)) {
    await copyFile(source, join(bin, name));
    await chmod(join(bin, name), 0o755);
  }
  await symlink(node, join(bin, 'node'));
  await copyFile(bundle, join(lib, 'launcher.mjs'));
}

/** The committed shim builds what is missing or stale before it runs; asking for help is enough. */
async function freshBundle(room: string): Promise<string> {
  await promisify(execFile)(process.execPath, [join(room, 'bin/kaito-launcher.mjs'), '--help']);
  return join(room, 'dist/main.mjs');
}
