import type { Adapter } from '@kaito-ts/api-types';
import type { Container, VolumeMount } from './kubernetes.ts';
import type { PresetServing } from './input.ts';
import { adapterContainerName, paths } from './layout.ts';
import { restrictedContainer } from './security.ts';

const busybox = `${paths.injection}/bin/busybox`;
const copyScript = `${paths.injection}/bin/copy-artifact.sh`;

/** Launcher first: the copies that follow run its busybox inside the user's own images, which may have no shell. */
export function initContainers(serving: PresetServing, adapters: readonly Adapter[]): Container[] {
  return [
    injection(serving),
    ...weights(serving),
    ...adapters.map((entry, index) => adapter(serving, entry, index)),
  ];
}

function injection(serving: PresetServing): Container {
  return initContainer({
    name: 'launcher',
    image: serving.launcherImage,
    command: [
      `${paths.launcherImageRoot}/bin/busybox`,
      'cp',
      '-a',
      `${paths.launcherImageRoot}/.`,
      `${paths.injection}/`,
    ],
    volumeMounts: [{ name: 'kaito', mountPath: paths.injection }],
  });
}

function weights({ model }: PresetServing): Container[] {
  if (model.source.kind !== 'image') return [];
  return [
    initContainer({
      name: 'weights',
      image: model.source.reference,
      command: copy(paths.artifactImageData, paths.copiedModel, model.source.reference),
      volumeMounts: [injected, { name: 'weights', mountPath: paths.weights }],
    }),
  ];
}

/** An adapter in a volume is copied too, so that the launcher finds every adapter in the same place. */
function adapter(serving: PresetServing, { source }: Adapter, index: number): Container {
  const adapterName = source?.name ?? '';
  const name = adapterContainerName(adapterName, index);
  const target = `${paths.adapters}/${adapterName}`;
  const adaptersMount: VolumeMount = { name: 'adapters', mountPath: paths.adapters };
  if (source?.image !== undefined && source.image !== '') {
    return initContainer({
      name,
      image: source.image,
      command: copy(paths.artifactImageData, target, source.image),
      volumeMounts: [injected, adaptersMount],
    });
  }
  return initContainer({
    name,
    image: serving.launcherImage,
    command: copy(paths.adapterSource, target, `volume:${name}`),
    volumeMounts: [injected, adaptersMount, { name, mountPath: paths.adapterSource, readOnly: true }],
  });
}

const injected: VolumeMount = { name: 'kaito', mountPath: paths.injection, readOnly: true };

function copy(from: string, to: string, marker: string): string[] {
  return [busybox, 'sh', copyScript, from, to, marker];
}

function initContainer(container: Container): Container {
  return {
    ...container,
    securityContext: restrictedContainer(),
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
}
