import { kinds } from '@kaito-ts/kube-runtime';
import { fileURLToPath } from 'node:url';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';

const inference = { condition: 'InferenceReady' } as const;
const object = /^Pod\/model-/;
const storageClassName = 'faults';
const size = { storage: '1Gi' };

/** What happens to weights and adapters that lie in volumes. */
export const volumeFaults: readonly Fault[] = [
  {
    name: 'volume claim absent',
    engine: 'containers',
    inject: (scene) => scene.apply({ preset: 'faults-claim' }),
    expect: {
      ...inference,
      reason: 'VolumeClaimNotFound',
      object: /^PersistentVolumeClaim\/weights$/,
      message: /does not exist|not found/,
    },
    heal: async (scene) => {
      await volume(scene, await modelFolder(scene));
      await claim(scene);
    },
  },
  {
    name: 'volume claim without a volume',
    engine: 'containers',
    inject: async (scene) => {
      await claim(scene);
      await scene.apply({ preset: 'faults-claim' });
    },
    expect: {
      ...inference,
      reason: 'VolumeClaimPending',
      object,
      message: /unbound immediate PersistentVolumeClaims/,
    },
    heal: async (scene) => volume(scene, await modelFolder(scene)),
  },
  {
    name: 'volume cannot be mounted',
    engine: 'containers',
    inject: async (scene) => {
      await volume(scene, folderOf(scene));
      await claim(scene);
      await scene.apply({ preset: 'faults-claim' });
    },
    expect: {
      ...inference,
      reason: 'VolumeMountFailed',
      object,
      message: /volume.*hostPath type check failed/,
    },
    heal: async (scene) => void (await modelFolder(scene)),
  },
];

function folderOf({ ground, namespace }: Scene): string {
  return join(ground.cluster.directory, 'volumes', namespace);
}

/** The node has the same files as this machine. */
async function modelFolder(scene: Scene): Promise<string> {
  const folder = folderOf(scene);
  await mkdir(folder, { recursive: true });
  const weights = fileURLToPath(new URL('../../../demo-model/own-base.gguf', import.meta.url));
  await cp(weights, join(folder, 'model.gguf'));
  return folder;
}

async function volume(scene: Scene, path: string): Promise<void> {
  await scene.put(kinds.persistentVolumes, {
    metadata: { name: scene.namespace },
    spec: {
      storageClassName,
      capacity: size,
      accessModes: ['ReadWriteOnce'],
      hostPath: { path, type: 'Directory' },
      claimRef: { namespace: scene.namespace, name: 'weights' },
    },
  });
}

async function claim(scene: Scene): Promise<void> {
  await scene.put(kinds.persistentVolumeClaims, {
    metadata: { name: 'weights' },
    spec: { storageClassName, accessModes: ['ReadWriteOnce'], resources: { requests: size } },
  });
}
