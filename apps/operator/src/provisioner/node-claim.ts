import type { Workspace } from '@kaito-ts/api-types';
import type { KubeObject } from '@kaito-ts/kube-runtime';
import type { OrderedObject } from '../plan/plan-value.ts';
import type { NodeClassRef } from './karpenter-objects.ts';
import { annotations, labels } from '@kaito-ts/api-types';
import { gpuTaint } from './karpenter-objects.ts';
import { selectorForProvider } from './owned-nodes.ts';

export type ImageFamily = 'ubuntu' | 'azurelinux';
export type Cloud = 'azure' | 'aws';

export interface NodeClaimInput {
  readonly workspace: Workspace & KubeObject;
  readonly name: string;
  readonly cloud: Cloud;
  readonly defaultImageFamily: ImageFamily;
  readonly weightBytes: number | undefined;
}

/** Karpenter leaves claims of this pool, which does not exist, to the GPU provisioner. */
const foreignPool = 'kaito';

const clouds: Readonly<
  Record<Cloud, { readonly nodeClass: NodeClassRef; readonly requirement: (type: string) => object }>
> = {
  azure: {
    nodeClass: { group: 'kaito.sh', kind: 'KaitoNodeClass', name: 'default' },
    requirement: (type) => ({ key: 'karpenter.azure.com/sku-name', operator: 'In', values: [type] }),
  },
  aws: {
    nodeClass: { group: 'karpenter.k8s.aws', kind: 'EC2NodeClass', name: 'default' },
    requirement: () => ({ key: 'karpenter.k8s.aws/instance-gpu-count', operator: 'Gt', values: ['0'] }),
  },
};

/** One machine for one Workspace, as upstream asks for it. */
export function nodeClaim(input: NodeClaimInput): OrderedObject {
  const { workspace, name, cloud, weightBytes } = input;
  const { namespace = '', name: owner } = workspace.metadata;
  const type = workspace.resource?.instanceType ?? '';
  const selector = selectorForProvider(workspace);
  const { nodeClass, requirement } = clouds[cloud];
  return {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodeClaim',
    metadata: {
      name,
      labels: {
        ...selector.labels,
        [labels.nodePool]: foreignPool,
        [labels.workspace]: owner,
        [labels.workspaceNamespace]: namespace,
      },
      annotations: {
        'karpenter.sh/do-not-disrupt': 'true',
        [annotations.nodeImageFamily]: imageFamilyOf(workspace) ?? input.defaultImageFamily,
      },
    },
    spec: {
      nodeClassRef: nodeClass,
      requirements: [
        { key: labels.nodePool, operator: 'In', values: [foreignPool] },
        { key: labels.nodeInstanceType, operator: 'In', values: [type] },
        { key: 'kubernetes.io/os', operator: 'In', values: ['linux'] },
        requirement(type) as { key: string; operator: string; values: readonly string[] },
        ...selector.requirements,
      ],
      resources: { requests: { storage: storageFor(weightBytes) } },
      taints: [gpuTaint],
    },
  };
}

/** A family that nobody knows does not come here: the API rules refuse it. */
function imageFamilyOf({ metadata }: Workspace): string | undefined {
  return metadata.annotations?.[annotations.nodeImageFamily]?.trim().toLowerCase() || undefined;
}

const gibibyte = 2 ** 30;
const spareGiB = 80;
/** For a template, whose images nobody knows. */
const unknownStorage = '1024Gi';

function storageFor(weightBytes: number | undefined): string {
  if (weightBytes === undefined) return unknownStorage;
  const gibibytes = Math.floor(weightBytes / gibibyte + spareGiB);
  // The form in which the API server keeps it.
  return gibibytes % 1024 === 0 ? `${gibibytes / 1024}Ti` : `${gibibytes}Gi`;
}
