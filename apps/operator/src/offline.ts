import type { RuntimeName, Workspace } from '@kaito-ts/api-types';
import type { Node } from '@kaito-ts/kube-runtime';
import type { Catalogue } from '@kaito-ts/preset-catalog';
import type { Plan } from './plan/plan-value.ts';
import { labels } from '@kaito-ts/api-types';
import { planWorkspace } from './plan/plan.ts';
import { byoProvisioner } from './provisioner/byo.ts';

/** A node that somebody describes instead of one that a cluster has. */
export interface DescribedNode {
  readonly name: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly gpus: number;
  readonly gpuProduct?: string;
  readonly gpuMemoryMib?: number;
  readonly instanceType?: string;
}

export interface OfflineQuestion {
  readonly workspace: Workspace;
  /** Text of the ConfigMap that `inference.config` names. */
  readonly config: string | undefined;
  readonly nodes: readonly DescribedNode[];
  readonly defaultRuntime: RuntimeName;
  readonly launcherImage: string;
  readonly catalogue: Catalogue;
}

/** The first round of the operator for a Workspace that was just created, on described nodes and without a cluster. */
export function planWorkspaceOffline(question: OfflineQuestion): Plan {
  const { workspace, nodes, config, catalogue, defaultRuntime, launcherImage } = question;
  const configName = workspace.inference?.config;
  const selected = workspace.resource?.labelSelector?.matchLabels ?? {};
  return planWorkspace(
    {
      workspace: {
        ...workspace,
        metadata: {
          generation: 1,
          ...workspace.metadata,
          namespace: workspace.metadata.namespace ?? 'default',
        },
      },
      deployment: undefined,
      statefulSet: undefined,
      service: undefined,
      headlessService: undefined,
      pods: [],
      nodes: nodes.map((node) => nodeOf(node, selected)),
      config:
        configName === undefined
          ? undefined
          : { name: configName, state: config === undefined ? 'missing' : 'present', content: config ?? '' },
      warningsOf: () => [],
      podsOn: () => [],
    },
    { catalogue, defaultRuntime, launcherImage, runtimeImages: new Map(), provisioner: byoProvisioner },
    '1970-01-01T00:00:00Z',
  );
}

/** Carries the labels that the Workspace selects: the question is what happens on such a node. */
function nodeOf(described: DescribedNode, selected: Readonly<Record<string, string>>): Node {
  const { name, cpus, memoryBytes, gpus, gpuProduct, gpuMemoryMib, instanceType } = described;
  const resources = {
    cpu: String(cpus),
    memory: String(memoryBytes),
    pods: '110',
    ...(gpus > 0 && { 'nvidia.com/gpu': String(gpus) }),
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        ...(gpus > 0 && { 'nvidia.com/gpu.count': String(gpus) }),
        ...(gpuProduct !== undefined && { 'nvidia.com/gpu.product': gpuProduct }),
        ...(gpuMemoryMib !== undefined && { 'nvidia.com/gpu.memory': String(gpuMemoryMib) }),
        ...(instanceType !== undefined && { [labels.nodeInstanceType]: instanceType }),
        ...selected,
      },
    },
    status: {
      allocatable: resources,
      capacity: resources,
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}
