import type { Workspace } from '@kaito-ts/api-types';
import type { OrderedObject } from '../plan/plan-value.ts';
import type { NodeClassRef } from './karpenter-objects.ts';
import type { KubeObject } from '@kaito-ts/kube-runtime';
import { labels } from '@kaito-ts/api-types';
import { gpuTaint } from './karpenter-objects.ts';
import { selectorForProvider } from './owned-nodes.ts';

export interface NodePoolInput {
  readonly workspace: Workspace & KubeObject;
  readonly name: string;
  readonly replicas: number;
  readonly nodeClass: NodeClassRef;
}

/** The pool of one Workspace, as upstream makes it: a fixed number of nodes of one type, for its pods alone. */
export function nodePool({ workspace, name, replicas, nodeClass }: NodePoolInput): OrderedObject {
  const { namespace = '', name: owner } = workspace.metadata;
  const ownership = {
    [labels.karpenterWorkspaceName]: owner,
    [labels.karpenterWorkspaceNamespace]: namespace,
  };
  const selector = selectorForProvider(workspace);
  return {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodePool',
    metadata: { name, labels: { [labels.karpenterManagedBy]: 'kaito', ...ownership } },
    spec: {
      replicas,
      template: {
        metadata: { labels: { ...selector.labels, ...ownership } },
        spec: {
          nodeClassRef: nodeClass,
          requirements: [
            {
              key: labels.nodeInstanceType,
              operator: 'In',
              values: [workspace.resource?.instanceType ?? ''],
            },
            ...(nodeClass.group === 'karpenter.azure.com' ? [regional] : []),
            ...selector.requirements,
          ],
          taints: [gpuTaint],
        },
      },
      disruption: { consolidateAfter: '0s', budgets: [{ nodes: '1', reasons: ['Drifted'] }] },
    },
  };
}

const regional = { key: 'karpenter.azure.com/placement-scope', operator: 'In', values: ['regional'] };
