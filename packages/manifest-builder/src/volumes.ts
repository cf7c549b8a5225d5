import type { Adapter } from '@kaito-ts/api-types';
import type { Volume, VolumeMount } from './kubernetes.ts';
import type { PresetServing } from './input.ts';
import { adapterContainerName, paths } from './layout.ts';

/** The pod's volumes, always in this order; a config volume only where there is a config. */
export function servingVolumes(serving: PresetServing, adapters: readonly Adapter[]): Volume[] {
  const { source } = serving.model;
  return [
    { name: 'kaito', emptyDir: {} },
    { name: 'work', emptyDir: {} },
    source.kind === 'persistentVolumeClaim'
      ? { name: 'weights', persistentVolumeClaim: { claimName: source.claimName, readOnly: true } }
      : { name: 'weights', emptyDir: {} },
    { name: 'adapters', emptyDir: {} },
    ...(serving.config === undefined ? [] : [{ name: 'config', configMap: { name: serving.config.name } }]),
    { name: 'dshm', emptyDir: { medium: 'Memory' } },
    ...adapters.flatMap(adapterVolume),
  ];
}

function adapterVolume({ source }: Adapter, index: number): Volume[] {
  if (source?.volumeSource === undefined) return [];
  return [
    { name: adapterContainerName(source.name, index), ...(source.volumeSource as Omit<Volume, 'name'>) },
  ];
}

export function mainContainerMounts(serving: PresetServing): VolumeMount[] {
  const borrowed = serving.model.source.kind === 'persistentVolumeClaim';
  return [
    { name: 'kaito', mountPath: paths.injection, readOnly: true },
    { name: 'work', mountPath: paths.work },
    { name: 'weights', mountPath: paths.weights, ...(borrowed && { readOnly: true }) },
    { name: 'adapters', mountPath: paths.adapters, readOnly: true },
    ...(serving.config === undefined ? [] : [{ name: 'config', mountPath: paths.config, readOnly: true }]),
    { name: 'dshm', mountPath: paths.sharedMemory },
  ];
}
