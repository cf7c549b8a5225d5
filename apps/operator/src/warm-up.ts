import type { OfflineQuestion } from './offline.ts';
import type { Plan } from './plan/plan-value.ts';
import { planWorkspaceOffline } from './offline.ts';

const tebibyte = 2 ** 40;

/**
 * Plans a Workspace that nobody asked for, before the first one comes: schemas are built, tables read and code compiled
 * then. The first plan of a process takes about 30 ms of CPU, later ones 3 ms.
 */
export function warmUp(
  settings: Pick<OfflineQuestion, 'catalogue' | 'defaultRuntime' | 'launcherImage'>,
): Plan | undefined {
  const preset = settings.catalogue.models[0]?.name;
  if (preset === undefined) return undefined;
  return planWorkspaceOffline({
    ...settings,
    workspace: {
      apiVersion: 'kaito.sh/v1beta1',
      kind: 'Workspace',
      metadata: { name: 'warm-up', namespace: 'default', uid: 'warm-up' },
      resource: { count: 1, labelSelector: { matchLabels: { node: 'warm-up' } } },
      inference: { preset: { name: preset } },
    },
    config: undefined,
    nodes: [
      {
        name: 'warm-up',
        cpus: 8,
        memoryBytes: tebibyte,
        gpus: 8,
        gpuProduct: 'NVIDIA-H200',
        gpuMemoryMib: 143_771,
      },
    ],
  });
}
