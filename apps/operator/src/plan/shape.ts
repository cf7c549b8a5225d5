import type { Workspace } from '@kaito-ts/api-types';
import type { SizingPlan } from '@kaito-ts/gpu-sizing';
import type { DeviceRequest, ServingShape } from '@kaito-ts/manifest-builder';
import type { Catalogue } from '@kaito-ts/preset-catalog';
import type { NodeSurvey } from '../provisioner/provisioner.ts';
import type { Planned } from './cause.ts';
import type { NodeRequirement } from './node-matching.ts';
import type { PinnedPlan } from './pinned.ts';
import type { ServingPlan } from './serving.ts';
import { annotations, conditionReasons } from '@kaito-ts/api-types';
import { planShape as sizeShape } from '@kaito-ts/gpu-sizing';
import { planned, refused } from './cause.ts';
import { gpuResource, groupByDevice, type DeviceGroup } from './devices.ts';
import { requestOf } from './room-for-surge.ts';

/** How many nodes, with which devices, in which parallel sizes, and why. */
export interface ShapePlan {
  readonly shape: ServingShape;
  /** Beyond the user's selector: what keeps the pods on nodes of the sized kind. */
  readonly nodeRequirements: readonly NodeRequirement[];
  readonly reasons: readonly string[];
}

export interface ShapeInput {
  readonly workspace: Workspace;
  readonly serving: ServingPlan;
  readonly survey: NodeSurvey;
  readonly pinned: PinnedPlan | undefined;
  readonly intent: string;
  readonly catalogue: Catalogue;
}

type PresetPlan = Extract<ServingPlan, { kind: 'preset' }>;

/** Undefined while there is no usable node to plan for; a plan once made holds until the user changes something. */
export function planShape(input: ShapeInput): Planned<ShapePlan | undefined> {
  const { pinned, intent, serving, survey, workspace } = input;
  if (serving.kind === 'template') return planned(templateShape(workspace));
  if (pinned?.intent === intent && pinned.shape !== undefined) {
    const reasons = (pinned.reasons ?? []).slice(0, -1);
    return planned({ shape: pinned.shape, nodeRequirements: pinned.nodeRequirements ?? [], reasons });
  }
  if (survey.usable.length === 0) return planned(undefined);
  return presetShape(input, serving);
}

const onePart = { tensorParallelSize: 1, pipelineParallelSize: 1, dataParallelSize: 1 } as const;

/** A template says itself what it needs; resource.count pods of it serve side by side. */
function templateShape({ resource, inference }: Workspace): ShapePlan {
  const template = inference?.template as { spec?: Parameters<typeof requestOf>[0] } | undefined;
  const gpus = requestOf(template?.spec, gpuResource);
  const memory = requestOf(template?.spec, 'memory');
  const device: DeviceRequest =
    gpus > 0
      ? { kind: 'gpu', resourceName: gpuResource, count: gpus }
      : { kind: 'cpu', memoryRequestBytes: Math.round(memory) };
  const nodeCount = resource?.count ?? 1;
  return {
    shape: { device, nodeCount, ...onePart },
    nodeRequirements: [],
    reasons: ['pod template: count nodes, as it is'],
  };
}

interface Candidate {
  readonly group: DeviceGroup;
  readonly sizing: SizingPlan;
}

function presetShape({ workspace, survey, catalogue }: ShapeInput, serving: PresetPlan): Planned<ShapePlan> {
  const { model, runtime, settings } = serving;
  const usesGpus = usesGpusByEngine[runtime.engine];
  const groups = groupByDevice(survey.usable, {
    catalogue,
    partition: workspace.resource?.partition,
    usesGpus,
  });
  const offering = groups.filter(({ lacks }) => lacks === undefined);
  if (offering.length === 0) return nothingOffered(workspace, groups);
  const candidates = offering.map((group): Candidate => {
    const nodes = group.nodes.map(() => group.device);
    return {
      group,
      sizing: sizeShape({ model: model.facts, nodes, runtime, settings }),
    };
  });
  const chosen = bestOf(candidates);
  if (chosen === undefined) throw new Error('no group among usable nodes');
  const bypass = workspace.metadata.annotations?.[annotations.bypassResourceChecks] !== undefined;
  if (chosen.sizing.verdict === 'doesNotFit' && !bypass) return doesNotFit(workspace, chosen);
  return planned(shapeOf(chosen, candidates.length > 1));
}

function nothingOffered({ metadata }: Workspace, groups: readonly DeviceGroup[]): Planned<never> {
  const [first] = groups;
  return refused({
    reason: conditionReasons.SizingFailed,
    object: `Workspace/${metadata.name}`,
    cause: `resource.partition: Node/${first?.nodes[0]?.metadata.name} ${first?.lacks}`,
    nextStep: 'name a profile that the nodes have, or cut their GPUs so',
  });
}

/** Our llama.cpp image is built for CPUs. */
export const usesGpusByEngine: Readonly<Record<PresetPlan['runtime']['engine'], boolean>> = {
  vllm: true,
  transformers: true,
  llamacpp: false,
};

const verdictOrder = { fits: 0, unknown: 1, doesNotFit: 2 } as const;

/** What fits before what may, GPUs before CPUs, the order of the nodes (preferred ones first) otherwise. */
function bestOf(candidates: readonly Candidate[]): Candidate | undefined {
  const onGpus = ({ group }: Candidate): number => (group.device.kind === 'gpu' ? 0 : 1);
  return candidates.toSorted(
    (left, right) =>
      verdictOrder[left.sizing.verdict] - verdictOrder[right.sizing.verdict] || onGpus(left) - onGpus(right),
  )[0];
}

function doesNotFit({ metadata }: Workspace, { group, sizing }: Candidate): Planned<never> {
  const device = describeDevice(group);
  return refused({
    reason: conditionReasons.SizingFailed,
    object: `Workspace/${metadata.name}`,
    cause: `the model does not fit on ${group.nodes.length} node(s) with ${device}: ${sizing.reasons[0] ?? 'no reason given'}`,
    nextStep: `use nodes with more memory or more of them, or set the annotation ${annotations.bypassResourceChecks} to try anyway`,
  });
}

function shapeOf({ group, sizing }: Candidate, mixed: boolean): ShapePlan {
  return {
    shape: servingShape(sizing, group.resourceName),
    nodeRequirements:
      mixed && group.product !== undefined
        ? [{ key: 'nvidia.com/gpu.product', operator: 'In', values: [group.product] }]
        : [],
    reasons: [`${describeDevice(group)}: ${sizing.verdict}`, ...sizing.reasons.slice(0, 1)],
  };
}

/** A plan of the account as the workload's shape; `resourceName` is undefined on a CPU node. */
export function servingShape(sizing: SizingPlan, resourceName: string | undefined): ServingShape {
  const device: DeviceRequest =
    resourceName === undefined
      ? { kind: 'cpu', ...memoryRequest(sizing) }
      : { kind: 'gpu', resourceName, count: Math.max(1, sizing.gpusPerNode) };
  const { nodeCount, tensorParallelSize, pipelineParallelSize, dataParallelSize } = sizing;
  const { maxModelLen, expertParallel } = sizing;
  return {
    device,
    nodeCount: Math.max(1, nodeCount),
    tensorParallelSize,
    pipelineParallelSize,
    dataParallelSize,
    ...(expertParallel === true && { expertParallel }),
    ...(maxModelLen !== undefined && { maxModelLen }),
  };
}

function memoryRequest({ processBytes }: SizingPlan): { memoryRequestBytes?: number } {
  if (processBytes === undefined) return {};
  return { memoryRequestBytes: Math.ceil(processBytes / bytesPerMiB) * bytesPerMiB };
}

const bytesPerMiB = 2 ** 20;

function describeDevice({ device, product }: DeviceGroup): string {
  return device.kind === 'cpu'
    ? 'CPU'
    : `${device.count} x ${product ?? device.model ?? 'GPU of unknown kind'}`;
}
