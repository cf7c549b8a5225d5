import { existsSync } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '../pod/configuration-error.ts';
import type { Volume, VolumeMount } from '../pod/pod.ts';
import { writeAtomically } from './atomic-folder.ts';
import { volumePayload, type PayloadContext } from './payload.ts';

export interface VolumeContext extends PayloadContext {
  /** Folder that holds this pod's volumes. */
  readonly directory: string;
  /** The unpacked root of an image, for volumes of kind `image`. */
  readonly imageRoot: (reference: string) => Promise<string>;
}

/** Makes every volume of the pod and returns where each is on this host, by name. */
export async function prepareVolumes(context: VolumeContext): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  for (const volume of context.pod.spec.volumes ?? []) {
    try {
      paths.set(volume.name, await prepareVolume(volume, context));
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      const message = `MountVolume.SetUp failed for volume "${volume.name}" : ${error.message}`;
      throw new ConfigurationError(error.reason, message, { cause: error });
    }
  }
  return paths;
}

/** Writes again what volumes show of ConfigMaps, Secrets and the pod itself; returns the names of those that changed. */
export async function refreshVolumes(context: VolumeContext): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const volume of context.pod.spec.volumes ?? []) {
    const payload = await volumePayload(volume, context);
    if (payload !== undefined && (await writeAtomically(join(context.directory, volume.name), payload))) {
      changed.push(volume.name);
    }
  }
  return changed;
}

async function prepareVolume(volume: Volume, context: VolumeContext): Promise<string> {
  const directory = join(context.directory, volume.name);
  const payload = await volumePayload(volume, context);
  if (payload !== undefined) {
    await writeAtomically(directory, payload);
    return directory;
  }
  if (volume.emptyDir) {
    await mkdir(directory, { recursive: true });
    return directory;
  }
  if (volume.hostPath) return hostFolder(volume.hostPath);
  if (volume.image) return context.imageRoot(volume.image.reference);
  const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown';
  throw new ConfigurationError(
    'VolumeNotSupported',
    `process-kubelet has no storage for volumes of kind ${kind}; next: use emptyDir, configMap, secret, projected or hostPath, or a real node`,
  );
}

async function hostFolder({
  path,
  type = '',
}: {
  readonly path: string;
  readonly type?: string | undefined;
}): Promise<string> {
  if (type === 'DirectoryOrCreate') await mkdir(path, { recursive: true });
  if (type === 'FileOrCreate' && !existsSync(path)) await writeFile(path, '');
  const facts = await stat(path).catch(() => undefined);
  const wrong =
    (type === 'Directory' && facts?.isDirectory() !== true) || (type === 'File' && facts?.isFile() !== true);
  if (wrong)
    throw new ConfigurationError(
      'ContainerCreating',
      `hostPath type check failed: ${path} is not a ${type.toLowerCase()}`,
    );
  return path;
}

/** Where a mount's content is on this host. A `subPath` is joined on; one that climbs or is computed is refused. */
export function mountSource(mount: VolumeMount, volumes: ReadonlyMap<string, string>): string {
  const volume = volumes.get(mount.name);
  if (volume === undefined) {
    throw new ConfigurationError(
      'CreateContainerConfigError',
      `there is no volume named ${JSON.stringify(mount.name)}`,
    );
  }
  if (mount.subPathExpr !== undefined) {
    const message = `mount ${mount.mountPath} uses subPathExpr, which process-kubelet cannot show; next: use subPath`;
    throw new ConfigurationError('PathNotTranslatable', message);
  }
  if (mount.subPath === undefined || mount.subPath === '') return volume;
  const parts = mount.subPath.split('/');
  if (mount.subPath.startsWith('/') || parts.includes('..')) {
    throw new ConfigurationError(
      'CreateContainerConfigError',
      `subPath ${JSON.stringify(mount.subPath)} leaves its volume`,
    );
  }
  return join(volume, mount.subPath);
}
