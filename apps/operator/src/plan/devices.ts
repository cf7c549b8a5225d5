import type { PartitionSpec } from '@kaito-ts/api-types';
import type { NodeDevice } from '@kaito-ts/gpu-sizing';
import type { Node } from '@kaito-ts/kube-runtime';
import type { Catalogue } from '@kaito-ts/preset-catalog';
import { quantityValue } from './quantity.ts';

export const gpuResource = 'nvidia.com/gpu';
const productLabel = 'nvidia.com/gpu.product';
const bytesPerGiB = 2 ** 30;

/** Nodes that offer a pod the same device. */
export interface DeviceGroup {
  readonly device: NodeDevice;
  /** Extended resource that a pod asks for; undefined on CPU nodes. */
  readonly resourceName: string | undefined;
  /** Value of the product label, to tell these nodes from others; undefined where the label is absent. */
  readonly product: string | undefined;
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
  const count = labelled?.count ?? quantityValue(allocatable[gpuResource]) ?? 0;
  const product = labels[productLabel];
  if (usesGpus && partition?.mode === 'mig' && partition.profile !== undefined) {
    const gibibytes = /\.([\d.]+)gb/.exec(partition.profile)?.[1];
    const memoryBytes = gibibytes === undefined ? undefined : Number(gibibytes) * bytesPerGiB;
    return {
      device: gpu(product, memoryBytes, 1),
      resourceName: `nvidia.com/mig-${partition.profile}`,
      product,
    };
  }
  if (!usesGpus || count < 1) {
    const memory = quantityValue(allocatable['memory']);
    return {
      device: { kind: 'cpu', ...(memory !== undefined && { allocatableMemoryBytes: memory }) },
      resourceName: undefined,
      product: undefined,
    };
  }
  const used = partition?.mode === 'accelerator' ? Math.min(count, partition.count ?? count) : count;
  return {
    device: gpu(labelled?.model?.name ?? product, labelled?.memoryBytes, used),
    resourceName: gpuResource,
    product,
  };
}

function gpu(model: string | undefined, memoryBytes: number | undefined, count: number): NodeDevice {
  return {
    kind: 'gpu',
    count,
    ...(model !== undefined && { model }),
    ...(memoryBytes !== undefined && { memoryBytes }),
  };
}
