import { kinds, type KubeClient, type Node } from '@kaito-ts/kube-runtime';

/** Far more GPUs than the labels tell, so that many workloads fit on few nodes. */
const resources = {
  cpu: '96',
  memory: '1Ti',
  pods: '500',
  'nvidia.com/gpu': '1000',
  'ephemeral-storage': '10Ti',
};

/** Nodes with A100s that only kwok plays: pods on them are Running at once, and run nothing. */
export async function createKwokNodes(client: KubeClient, count: number): Promise<void> {
  const nodes = Array.from({ length: count }, (_, index) => kwokNode(`gpu-${index + 1}`));
  await Promise.all(nodes.map((node) => client.create(kinds.nodes, node)));
}

function kwokNode(
  name: string,
): Pick<Node, 'metadata'> & { readonly status: { readonly capacity: object; readonly allocatable: object } } {
  return {
    metadata: {
      name,
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
      labels: {
        apps: 'gpu-test',
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'node.kubernetes.io/instance-type': 'Standard_NC24ads_A100_v4',
        'nvidia.com/gpu.product': 'NVIDIA-A100-SXM4-80GB',
        'nvidia.com/gpu.count': '8',
        'nvidia.com/gpu.memory': '81920',
      },
    },
    status: { capacity: resources, allocatable: resources },
  };
}
