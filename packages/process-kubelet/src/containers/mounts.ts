import { posix } from 'node:path';
import type { PathMapping } from '../paths/translator.ts';
import { defaultTerminationMessagePath, type Container } from '../pod/pod.ts';
import { mountSource } from '../volumes/volumes.ts';

/** What a pod's containers stand on: made before the first of them starts. */
export interface PodGround {
  readonly podIP: string;
  /** Where each volume is on this host, by name. */
  readonly volumes: ReadonlyMap<string, string>;
}

/** Every path that the pod puts into a container: its mounts, and the file for its termination message. */
export function containerMounts(
  container: Container,
  volumes: ReadonlyMap<string, string>,
  messageFile: string,
): readonly PathMapping[] {
  const messagePath = container.terminationMessagePath ?? defaultTerminationMessagePath;
  const mounts = (container.volumeMounts ?? []).map((mount): PathMapping => ({
    inContainer: normalize(mount.mountPath),
    onHost: mountSource(mount, volumes),
    from: 'mount',
  }));
  return [...mounts, { inContainer: normalize(messagePath), onHost: messageFile, from: 'mount' }];
}

function normalize(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}
