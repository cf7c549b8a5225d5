import type { Workspace } from '@kaito-ts/api-types';
import type { Node } from '@kaito-ts/kube-runtime';
import type { Catalogue } from '@kaito-ts/preset-catalog';
import type { Planned } from '../plan/cause.ts';
import type { ServingPlan } from '../plan/serving.ts';
import type { NodeSurvey, NodeWarning } from './provisioner.ts';
import { conditionReasons, labels, nearest } from '@kaito-ts/api-types';
import { deviceOfMachine } from '@kaito-ts/gpu-sizing';
import { planned, refused } from '../plan/cause.ts';
import { usesGpusByEngine } from '../plan/shape.ts';

/** More machines than this are never ordered for one Workspace, however large its model. */
export const mostMachines = 16;
const bytesPerMiB = 2 ** 20;

/**
 * The cloud's own spelling of the instance type. Clouds compare without regard to case, node labels and selectors with:
 * the user's spelling would buy a node on which no pod may run.
 */
export function withCloudSpelling<T extends Workspace>(workspace: T, catalogue: Catalogue): T {
  const { resource } = workspace;
  const known = catalogue.instanceType(resource?.instanceType ?? '')?.name;
  if (resource === undefined || known === undefined || known === resource.instanceType) return workspace;
  if (known.toLowerCase() !== resource.instanceType?.toLowerCase()) return workspace;
  return { ...workspace, resource: { ...resource, instanceType: known } };
}

export function spellingWarnings(asked: Workspace, used: Workspace): readonly NodeWarning[] {
  const [before, after] = [asked.resource?.instanceType, used.resource?.instanceType];
  if (before === after) return [];
  return [
    { reason: conditionReasons.InstanceTypeSpelling, message: `instanceType ${before} is spelled ${after}` },
  ];
}

/** GPUs that a node of this type must advertise; 0 where it has none or that is not known. */
export function gpusOfInstanceType(catalogue: Catalogue, instanceType: string | undefined): number {
  const type = instanceType === undefined ? undefined : catalogue.instanceType(instanceType);
  if (type === undefined) return 0;
  const machine = deviceOfMachine(catalogue, type);
  return machine.kind === 'known' ? machine.device.count : 0;
}

/** What a model is planned on before there is a node: machines of the type that the Workspace names. */
export function surveyOfMachines(
  workspace: Workspace,
  serving: ServingPlan,
  catalogue: Catalogue,
): Planned<NodeSurvey> {
  const name = workspace.resource?.instanceType ?? '';
  const type = catalogue.instanceType(name);
  const needsGpus = serving.kind === 'preset' && usesGpusByEngine[serving.runtime.engine];
  const object = `Workspace/${workspace.metadata.name}`;
  const nextStep = `choose another instance type, or serve a pod template, which is not planned`;
  if (type === undefined && needsGpus) {
    const meant = nearest(
      name,
      catalogue.instanceTypes.map((known) => known.name),
    );
    const cause = `resource.instanceType: no catalogue knows ${name}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
    return refused({ reason: conditionReasons.InstanceTypeUnknown, object, cause, nextStep });
  }
  const machine = type === undefined ? undefined : deviceOfMachine(catalogue, type);
  if (machine?.kind === 'unknown' && needsGpus) {
    const cause = `resource.instanceType: ${machine.because}`;
    return refused({ reason: conditionReasons.InstanceTypeUnsupported, object, cause, nextStep });
  }
  const gpus = machine?.kind === 'known' ? machine.device.count : 0;
  const usable = Array.from({ length: mostMachines }, (_, index) =>
    plannedNode(`machine-${index}`, { name, gpus, hostMemoryMiB: type?.hostMemoryMiB }),
  );
  return planned({ usable, unusable: [], warnings: [], summary: `machines of the type ${name}` });
}

interface MachineFacts {
  readonly name: string;
  readonly gpus: number;
  readonly hostMemoryMiB: number | undefined;
}

function plannedNode(name: string, { name: instanceType, gpus, hostMemoryMiB }: MachineFacts): Node {
  return {
    metadata: { name, labels: { [labels.nodeInstanceType]: instanceType } },
    status: {
      allocatable: {
        ...(gpus > 0 && { 'nvidia.com/gpu': String(gpus) }),
        ...(hostMemoryMiB !== undefined && { memory: String(hostMemoryMiB * bytesPerMiB) }),
      },
    },
  };
}
