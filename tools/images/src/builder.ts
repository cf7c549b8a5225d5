import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execute as executeProgram } from '@kaito-ts/real-cluster';

export type BuilderName = 'buildah' | 'docker';

export interface BuiltImage {
  readonly reference: string;
  readonly id: string;
  /** Of all its files, unpacked. */
  readonly bytes: number;
}

/** One way to turn a folder with a Containerfile into an image. */
export interface Builder {
  readonly name: BuilderName;
  build(context: string, reference: string): Promise<string>;
  push(reference: string): Promise<void>;
  close(): Promise<void>;
}

export interface BuilderOptions {
  readonly name?: BuilderName | undefined;
  /** Images are pushed and then forgotten, not kept in the builder's own store. */
  readonly transient: boolean;
  readonly progress: (line: string) => void;
  /** Runs a program to its end. */
  readonly execute?: Execute;
}

type Execute = typeof executeProgram;

/** A mirror that does not answer now may in a moment. */
const patience = ['-o', 'Acquire::Retries=5'];

/** The one that was asked for, else buildah when it is there, else Docker when its engine is, else buildah from Debian. */
export async function chooseBuilder(options: BuilderOptions): Promise<Builder> {
  const { execute = executeProgram } = options;
  const name = options.name ?? (await available(execute));
  if (name === 'docker') return docker(execute);
  if (!(await works(execute, 'buildah', ['--version']))) {
    options.progress('installing buildah from Debian …');
    await execute('apt-get', ['update', '-q', ...patience]);
    await execute('apt-get', ['install', '-y', '-q', ...patience, '--no-install-recommends', 'buildah']);
  }
  return buildah(execute, options.transient);
}

async function available(execute: Execute): Promise<BuilderName> {
  if (await works(execute, 'buildah', ['--version'])) return 'buildah';
  return (await works(execute, 'docker', ['info'])) ? 'docker' : 'buildah';
}

async function works(execute: Execute, command: string, args: readonly string[]): Promise<boolean> {
  return execute(command, args).then(
    () => true,
    () => false,
  );
}

/** Needs no engine, no daemon and no user namespaces: plain copies (vfs) and a chroot. */
async function buildah(execute: Execute, transient: boolean): Promise<Builder> {
  const folder = transient ? await mkdtemp(join(tmpdir(), 'kaito-images-')) : undefined;
  const storage = [
    ...['--storage-driver', 'vfs'],
    ...(folder === undefined ? [] : ['--root', join(folder, 'store'), '--runroot', join(folder, 'run')]),
  ];
  return {
    name: 'buildah',
    build: async (context, reference) => {
      const options = [
        '-q',
        '--isolation',
        'chroot',
        '--timestamp',
        '0',
        '-f',
        join(context, 'Containerfile'),
      ];
      return (await execute('buildah', [...storage, 'bud', ...options, '-t', reference, context])).trim();
    },
    push: async (reference) => {
      // Packing for a registry on this machine would take longer than sending.
      const options = isNear(reference) ? ['--disable-compression', '--tls-verify=false'] : [];
      await execute('buildah', [...storage, 'push', '-q', ...options, reference]);
    },
    close: async () => {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Docker pushes over plain HTTP only to registries that its engine was told of. */
function docker(execute: Execute): Builder {
  const env = { ...process.env, SOURCE_DATE_EPOCH: '0', DOCKER_BUILDKIT: '1' };
  return {
    name: 'docker',
    build: async (context, reference) => {
      const file = join(context, 'Containerfile');
      return (await execute('docker', ['build', '-q', '-f', file, '-t', reference, context], { env })).trim();
    },
    push: async (reference) => {
      await execute('docker', ['push', '-q', reference]);
    },
    close: async () => {},
  };
}

/** A registry that is named by a private or loopback address speaks plain HTTP. */
function isNear(reference: string): boolean {
  return /^(?:localhost|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)[^/]*\//.test(reference);
}
