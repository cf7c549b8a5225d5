import { languageModelConfig } from '@kaito-ts/preset-catalog';
import { weightBytes } from './weights.ts';
import { estimate } from './estimate.ts';
import { engineAccounts } from './runtime-account.ts';
import type { CpuDevice, GpuDevice, NodeDevice, ParallelShape, PlanRequest } from './request.ts';
import type { Sizing, SizingPlan } from './sizing.ts';

/**
 * Chooses how a model is spread over the nodes there are: GPU nodes before CPU nodes, as few nodes as hold it. On the
 * way every shape that lost has left its reason.
 */
export function planShape(request: PlanRequest): SizingPlan {
  const groups = alikeGpuNodes(request.nodes);
  if (groups.length > 0) return best(groups.map((group) => planGpuNodes(request, group)));
  const cpuNodes = request.nodes.filter((node) => node.kind === 'cpu');
  return cpuNodes.length > 0 ? planCpuNode(request, cpuNodes) : planNothing();
}

/** Without a wanted length the runtime takes the longest that fits, and counts tokens for that. */
function atItsLength(
  request: PlanRequest,
  { device }: GpuGroup,
  parallel: ParallelShape,
  { maxModelLen, contextTokens }: SizingPlan,
): Partial<Sizing> {
  if (request.settings.maxModelLen !== undefined || maxModelLen === undefined) return {};
  if (contextTokens === undefined || maxModelLen <= contextTokens) return {};
  const settings = { ...request.settings, maxModelLen };
  const { kvTokens, maxConcurrency } = estimate({ ...request, settings, device, parallel });
  if (kvTokens === undefined || maxConcurrency === undefined) return {};
  return { kvTokens, maxConcurrency, contextTokens: maxModelLen };
}

interface GpuGroup {
  readonly device: GpuDevice;
  readonly nodes: number;
}

/** Only nodes with the same GPUs can share a model evenly. */
function alikeGpuNodes(nodes: readonly NodeDevice[]): readonly GpuGroup[] {
  const groups = new Map<string, GpuGroup>();
  for (const device of nodes) {
    if (device.kind !== 'gpu' || device.count < 1) continue;
    const key = JSON.stringify([device.model, device.memoryBytes, device.count]);
    groups.set(key, { device, nodes: (groups.get(key)?.nodes ?? 0) + 1 });
  }
  return [...groups.values()];
}

function planGpuNodes(request: PlanRequest, group: GpuGroup): SizingPlan {
  const reasons: string[] = [];
  let undecided: SizingPlan | undefined;
  for (const shape of candidateShapes(request, group)) {
    const sizing = estimate({ ...request, device: group.device, parallel: shape });
    const plan = planOf(sizing, shape, group);
    if (plan.verdict === 'fits')
      return { ...plan, ...atItsLength(request, group, shape, plan), reasons: [...plan.reasons, ...reasons] };
    if (plan.verdict === 'unknown') undecided ??= plan;
    reasons.push(...plan.reasons.map((reason) => `${describe(shape)}: ${reason}`));
  }
  if (undecided !== undefined) return undecided;
  return planOf(noFit(reasons), { tensor: group.device.count, pipeline: 1, data: 1 }, group);
}

/** The user's own sizes where given; else one node first, then pipelines over more nodes. */
function candidateShapes(request: PlanRequest, { device, nodes }: GpuGroup): readonly ParallelShape[] {
  const { tensorParallelSize, pipelineParallelSize, dataParallelSize } = request.settings;
  if (
    tensorParallelSize !== undefined ||
    pipelineParallelSize !== undefined ||
    dataParallelSize !== undefined
  ) {
    return [
      { tensor: tensorParallelSize ?? 1, pipeline: pipelineParallelSize ?? 1, data: dataParallelSize ?? 1 },
    ];
  }
  if (device.alone === true || !engineAccounts[request.runtime.engine].spreads)
    return [{ tensor: 1, pipeline: 1, data: 1 }];
  const tensorSizes = divisorsDescending(device.count);
  const onOneNode = tensorSizes.map((tensor) => ({ tensor, pipeline: 1, data: device.count / tensor }));
  const overNodes = range(2, nodes).flatMap((pipeline) =>
    tensorSizes.map((tensor) => ({ tensor, pipeline, data: 1 })),
  );
  const shapes = [...(isSmall(request, device) ? onOneNode.toReversed() : onOneNode), ...overNodes];
  const choosesExperts = request.settings.expertParallel === undefined && hasExperts(request);
  return choosesExperts ? shapes.flatMap(withExpertsDealtOut) : shapes;
}

/** Slices of experts first; whole ones where a slice is too narrow for the quantization's blocks. */
function withExpertsDealtOut(shape: ParallelShape): readonly ParallelShape[] {
  return shape.tensor * shape.data > 1 ? [shape, { ...shape, experts: true }] : [shape];
}

function hasExperts({ model, runtime }: PlanRequest): boolean {
  const config = languageModelConfig(model.config ?? {});
  return (
    engineAccounts[runtime.engine].spreads &&
    ['num_experts', 'n_routed_experts', 'num_local_experts'].some((key) => Number(config[key] ?? 0) > 1)
  );
}

/** A model below half a GPU is copied onto each GPU rather than split (upstream's rule): copies answer more requests. */
function isSmall({ model }: PlanRequest, { memoryBytes }: GpuDevice): boolean {
  const weights = weightBytes(model);
  return weights.kind === 'known' && memoryBytes !== undefined && 2 * weights.value < memoryBytes;
}

function planOf(sizing: Sizing, shape: ParallelShape, { device, nodes }: GpuGroup): SizingPlan {
  const needed = shape.tensor * shape.pipeline * shape.data;
  const nodeCount = Math.max(shape.pipeline, Math.ceil(needed / device.count));
  const tooFew =
    device.alone === true && needed > 1
      ? [`needs ${needed} GPUs, and a MIG slice works alone`]
      : nodeCount > nodes
        ? [`needs ${nodeCount} nodes, ${nodes} of this kind can be had`]
        : [];
  return {
    ...sizing,
    ...(tooFew.length > 0 && { verdict: 'doesNotFit' as const, reasons: [...tooFew, ...sizing.reasons] }),
    device: 'gpu',
    nodeCount,
    gpusPerNode: Math.min(device.count, Math.ceil(needed / nodeCount)),
    tensorParallelSize: shape.tensor,
    pipelineParallelSize: shape.pipeline,
    dataParallelSize: shape.data,
    ...(shape.experts === true && { expertParallel: true }),
  };
}

const oneProcess = {
  nodeCount: 1,
  tensorParallelSize: 1,
  pipelineParallelSize: 1,
  dataParallelSize: 1,
} as const;

function planCpuNode(request: PlanRequest, nodes: readonly CpuDevice[]): SizingPlan {
  const largest = nodes.toSorted(
    (a, b) => (b.allocatableMemoryBytes ?? 0) - (a.allocatableMemoryBytes ?? 0),
  )[0];
  const device: CpuDevice = largest ?? { kind: 'cpu' };
  const sizing = estimate({ ...request, device, parallel: { tensor: 1, pipeline: 1, data: 1 } });
  return { ...sizing, device: 'cpu', gpusPerNode: 0, ...oneProcess };
}

function planNothing(): SizingPlan {
  return { ...noFit(['there is no node']), device: 'cpu', gpusPerNode: 0, ...oneProcess, nodeCount: 0 };
}

function noFit(reasons: readonly string[]): Sizing {
  return { verdict: 'doesNotFit', reasons, missing: [], derivation: [] };
}

const order = { fits: 0, unknown: 1, doesNotFit: 2 } as const;

function best(plans: readonly SizingPlan[]): SizingPlan {
  const sorted = plans.toSorted(
    (a, b) =>
      order[a.verdict] - order[b.verdict] || a.nodeCount - b.nodeCount || a.gpusPerNode - b.gpusPerNode,
  );
  return sorted[0] ?? planNothing();
}

function describe({ tensor, pipeline, data, experts }: ParallelShape): string {
  return [
    `tensor ${tensor}`,
    ...(pipeline > 1 ? [`pipeline ${pipeline}`] : []),
    ...(data > 1 ? [`data ${data}`] : []),
    ...(experts === true ? ['experts'] : []),
  ].join(' x ');
}

function divisorsDescending(count: number): readonly number[] {
  return range(1, count)
    .filter((size) => count % size === 0)
    .toReversed();
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}
