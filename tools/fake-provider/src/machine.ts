import type { Applied, Node } from '@kaito-ts/kube-runtime';
import type { InstanceType } from '@kaito-ts/preset-catalog';
import type { NodeClaim, Taint } from './kinds.ts';

/** Who makes the node Ready: kwok's controller, or, where there is none, this provider. */
export type NodePlayer = 'kwok' | 'provider';

export interface MachineInput {
  readonly claim: NodeClaim;
  readonly instanceType: InstanceType | undefined;
  readonly player: NodePlayer;
  readonly withGpus: boolean;
}

const gibibyte = 2 ** 30;
const gpuResource = 'nvidia.com/gpu';

export function nodeNameOf({ metadata }: NodeClaim): string {
  return `node-${metadata.name}`;
}

export function instanceTypeOf(claim: NodeClaim): string {
  return singleValue(claim, 'node.kubernetes.io/instance-type') ?? 'unknown';
}

function singleValue({ spec }: NodeClaim, key: string): string | undefined {
  const requirement = spec.requirements.find((entry) => entry.key === key && entry.operator === 'In');
  return requirement?.values?.length === 1 ? requirement.values[0] : undefined;
}

export function capacityOf({ instanceType, withGpus }: MachineInput): Readonly<Record<string, string>> {
  const { vcpus = 24, hostMemoryMiB = 220 * 1024, gpuCount = 0 } = instanceType ?? {};
  return {
    cpu: String(vcpus),
    memory: String(hostMemoryMiB * (gibibyte / 1024)),
    pods: '110',
    'ephemeral-storage': '1Ti',
    ...(withGpus && gpuCount > 0 && { [gpuResource]: String(gpuCount) }),
  };
}

/** The node as its kubelet registers it, with the labels and taints that Karpenter copies from the claim. */
export function nodeOf(input: MachineInput): Applied<Node> {
  const { claim, player } = input;
  const name = nodeNameOf(claim);
  const capacity = capacityOf(input);
  const single = claim.spec.requirements.flatMap(({ key, operator, values = [] }) =>
    operator === 'In' && values.length === 1 ? [[key, values[0] ?? '']] : [],
  );
  const taints: readonly Taint[] = [...(claim.spec.taints ?? []), ...(claim.spec.startupTaints ?? [])];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      ...(player === 'kwok' && { annotations: { 'kwok.x-k8s.io/node': 'fake' } }),
      labels: {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/os': 'linux',
        ...Object.fromEntries(single),
        ...claim.metadata.labels,
        'kubernetes.io/hostname': name,
        'karpenter.sh/registered': 'true',
      },
    },
    spec: { providerID: providerIdOf(claim), taints: taints.map((taint) => Object.assign({}, taint)) },
    status: { capacity, allocatable: capacity },
  };
}

export function providerIdOf({ metadata }: NodeClaim): string {
  return `fake:///machines/${metadata.uid}`;
}
