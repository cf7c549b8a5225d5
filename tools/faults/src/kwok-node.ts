import { kinds, type KubeClient } from '@kaito-ts/kube-runtime';

export interface KwokNodeOptions {
  readonly labels?: Readonly<Record<string, string>>;
  readonly allocatable?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

export interface KwokNodePlace {
  readonly name: string;
  /** Value of the label by which a scene selects its nodes. */
  readonly group: string;
}

/** A node that kwok plays: pods on it are Running at once, and run nothing. */
export async function createKwokNode(
  client: KubeClient,
  { name, group }: KwokNodePlace,
  options: KwokNodeOptions = {},
): Promise<void> {
  const resources = { cpu: '16', memory: '64Gi', pods: '20', ...options.allocatable };
  const node = {
    metadata: {
      name,
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
      labels: {
        'kubernetes.io/os': 'linux',
        'kubernetes.io/hostname': name,
        'kaito-faults/scene': group,
        ...options.labels,
      },
    },
    ...(options.spec !== undefined && { spec: options.spec }),
    status: { capacity: resources, allocatable: resources },
  };
  await client.create(kinds.nodes, node);
}

export async function isNodeReady(client: KubeClient, name: string): Promise<boolean> {
  const { status } = await client.get(kinds.nodes, { name });
  return status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') === true;
}
