import type { PartitionSpec } from '@kaito-ts/api-types';
import type { GpuDevice, NodeDevice } from '@kaito-ts/gpu-sizing';
import type { Node } from '@kaito-ts/kube-runtime';
import type { Catalogue, InstanceType, LabelledGpu, LabelledSlice } from '@kaito-ts/preset-catalog';
import { labels as labelNames } from '@kaito-ts/api-types';
import { deviceOfMachine, deviceOfNode, deviceOfSlice } from '@kaito-ts/gpu-sizing';
import { quantityValue } from './quantity.ts';

export const gpuResource = 'nvidia.com/gpu';
const productLabel = 'nvidia.com/gpu.product';
const instanceTypeLabel = labelNames.nodeInstanceType;

/** Nodes that offer a pod the same device. */
export interface DeviceGroup {
  readonly device: NodeDevice;
  /** Extended resource that a pod asks for; undefined on CPU nodes. */
  readonly resourceName: string | undefined;
  /** Value of the product label, to tell these nodes from others; undefined where the label is absent. */
  readonly product: string | undefined;
  /** Why no pod of this Workspace can have a device there. */
  readonly lacks?: string;
  readonly nodes: readonly Node[];
}

export interface DeviceQuestion {
  readonly catalogue: Catalogue;
  readonly partition: PartitionSpec | undefined;
  /** Some runtimes use no GPU even where there is one. */
  readonly usesGpus: boolean;
}

/** Groups nodes by what they offer, in the order in which the groups' first nodes come. */
export function groupByDevice(nodes: readonly Node[], question: DeviceQuestion): readonly DeviceGroup[] {
  const groups = new Map<string, DeviceGroup>();
  for (const node of nodes) {
    const offer = offerOf(node, question);
    const { device } = offer;
    const key = device.kind === 'cpu' ? 'cpu' : JSON.stringify([offer.product, offer.resourceName, device]);
    const known = groups.get(key);
    groups.set(
      key,
      known === undefined
        ? { ...offer, nodes: [node] }
        : { ...larger(known, offer), nodes: [...known.nodes, node] },
    );
  }
  return [...groups.values()];
}

type Offer = Omit<DeviceGroup, 'nodes'>;

/** What a pod would have on a machine that nobody has bought yet; a node of this size offers the same. */
export function offerOfMachine(
  type: InstanceType,
  { catalogue, partition, usesGpus }: DeviceQuestion,
): Omit<Offer, 'product'> {
  if (!usesGpus)
    return cpuDevice(type.hostMemoryMiB === undefined ? undefined : type.hostMemoryMiB * 2 ** 20);
  const machine = deviceOfMachine(catalogue, type);
  if (machine.kind === 'unknown') return { ...nothing, lacks: machine.because };
  if (partition?.mode !== 'mig' || partition.profile === undefined)
    return { device: partOf(machine.device, partition), resourceName: gpuResource };
  const model = type.gpu === undefined ? undefined : catalogue.gpuModel(type.gpu);
  const profile = model?.migProfiles?.find(({ name }) => name === partition.profile);
  if (model === undefined || profile === undefined)
    return { ...nothing, lacks: `has no GPU that can be cut into MIG slices ${partition.profile}` };
  return { device: deviceOfSlice({ profile, model }), resourceName: `${slicePrefix}${profile.name}` };
}

const nothing = { device: { kind: 'gpu', count: 0 }, resourceName: undefined } as const;

function partOf(device: GpuDevice, partition: PartitionSpec | undefined): GpuDevice {
  const { count } = device;
  return partition?.mode === 'accelerator'
    ? { ...device, count: Math.min(count, partition.count ?? count) }
    : device;
}

function larger(left: Offer, right: Offer): Offer {
  const memory = ({ device }: Offer): number =>
    device.kind === 'cpu' ? (device.allocatableMemoryBytes ?? 0) : 0;
  return memory(right) > memory(left) ? right : left;
}

/** Without GPU labels and without GPUs to allocate a node is a CPU node. */
function offerOf(node: Node, { catalogue, partition, usesGpus }: DeviceQuestion): Offer {
  const labels = node.metadata.labels ?? {};
  const allocatable = node.status?.allocatable ?? {};
  const labelled = catalogue.gpuFromNodeLabels(labels);
  const whole = quantityValue(allocatable[gpuResource]);
  const slices = slicesOf(labelled, allocatable);
  const count = Math.min(labelled?.count ?? whole ?? 0, whole ?? labelled?.count ?? 0);
  const product = labels[productLabel];
  if (!usesGpus || (count < 1 && slices.length === 0))
    return { ...cpuDevice(quantityValue(allocatable['memory'])), product: undefined };
  if (partition?.mode === 'mig' && partition.profile !== undefined)
    return sliceOffer(partition.profile, { product, labelled, slices });
  if (labelled?.mig !== undefined) return sliceOffer(labelled.mig.name, { product, labelled, slices });
  const largest = slices.toSorted((left, right) => sizeOf(right) - sizeOf(left))[0];
  if (count < 1 && largest !== undefined)
    return sliceOffer(largest.profile.name, { product, labelled, slices });
  const device = deviceOfNode(catalogue, { labelled, instanceType: labels[instanceTypeLabel], count });
  return { device: partOf(device, partition), resourceName: gpuResource, product };
}

function cpuDevice(bytes: number | undefined): Pick<Offer, 'device' | 'resourceName'> {
  return {
    device: { kind: 'cpu', ...(bytes !== undefined && { allocatableMemoryBytes: bytes }) },
    resourceName: undefined,
  };
}

interface SliceFacts {
  readonly product: string | undefined;
  readonly labelled: LabelledGpu | undefined;
  readonly slices: readonly LabelledSlice[];
}

/** With the strategy "single" slices are counted as GPUs, with "mixed" each profile is a resource of its own. */
function sliceOffer(profile: string, { product, labelled, slices }: SliceFacts): Offer {
  const single = labelled?.mig;
  if (labelled !== undefined && single?.name === profile) {
    const { memoryBytes, model, computeCapability } = labelled;
    const slice = {
      profile: single,
      ...(memoryBytes !== undefined && { memoryBytes }),
      ...(model !== undefined && { model }),
    };
    const told = computeCapability === undefined ? {} : { computeCapability };
    return { device: { ...deviceOfSlice(slice), ...told }, resourceName: gpuResource, product };
  }
  const own = slices.find((slice) => slice.profile.name === profile);
  if (own !== undefined)
    return { device: deviceOfSlice(own), resourceName: `${slicePrefix}${profile}`, product };
  const there = [single?.name, ...slices.map((slice) => slice.profile.name)].filter(
    (name) => name !== undefined,
  );
  return {
    ...nothing,
    product,
    lacks: `has no MIG slices ${profile}${there.length === 0 ? '' : `, only ${there.join(', ')}`}`,
  };
}

/** Slices that labels tell, and those that the device plugin offers without labels. */
function slicesOf(
  labelled: LabelledGpu | undefined,
  allocatable: Readonly<Record<string, string>>,
): readonly LabelledSlice[] {
  const told = labelled?.slices ?? [];
  const offered = Object.keys(allocatable).flatMap((resource): LabelledSlice[] => {
    const [, name, slices, gibibytes] = sliceResource.exec(resource) ?? [];
    if (name === undefined || told.some((slice) => slice.profile.name === name)) return [];
    const profile = { name, slices: Number(slices), nominalMemoryGiB: Number(gibibytes) };
    return [{ profile, ...(labelled?.model !== undefined && { model: labelled.model }) }];
  });
  return [...told, ...offered].filter(
    ({ profile }) => quantityValue(allocatable[`${slicePrefix}${profile.name}`]) !== 0,
  );
}

const slicePrefix = 'nvidia.com/mig-';
const sliceResource = /^nvidia\.com\/mig-((\d+)g\.([\d.]+?)gb(?:[.+]me)?)$/;

function sizeOf({ profile }: LabelledSlice): number {
  return profile.nominalMemoryGiB;
}
