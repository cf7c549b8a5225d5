import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execute } from '../execute.ts';
import { pauseImage } from './node-files.ts';
import type { NodePlan } from './plan.ts';

const containerfile = `FROM scratch
COPY busybox /bin/busybox
USER 65535:65535
ENTRYPOINT ["/bin/busybox", "sh", "-c", "trap 'exit 0' TERM INT; while :; do /bin/busybox sleep 3600 & wait; done"]
`;

/** Builds the image that holds a pod's namespaces open, and pushes it to the node's registry. */
export async function pushPauseImage(plan: NodePlan): Promise<void> {
  const context = join(plan.directory, 'pause');
  const storage = [
    '--storage-driver',
    'vfs',
    '--root',
    join(context, 'store'),
    '--runroot',
    join(context, 'run'),
  ];
  await mkdir(join(context, 'files'), { recursive: true });
  await copyFile('/bin/busybox', join(context, 'files/busybox'));
  await writeFile(join(context, 'files/Containerfile'), containerfile);
  const image = pauseImage(plan);
  try {
    await execute('buildah', [
      ...storage,
      'bud',
      '-q',
      '--isolation',
      'chroot',
      '-t',
      image,
      join(context, 'files'),
    ]);
    await execute('buildah', [...storage, 'push', '-q', '--tls-verify=false', image]);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}
