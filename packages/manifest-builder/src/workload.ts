import type { DeploymentObject, ObjectMeta, PodTemplate, StatefulSetObject } from './kubernetes.ts';
import type { InferenceInput } from './input.ts';
import { labels } from '@kaito-ts/api-types';
import { headlessServiceName } from './layout.ts';

const keptRevisions = 2;

export function deployment(
  input: InferenceInput,
  metadata: ObjectMeta,
  template: PodTemplate,
): DeploymentObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas: input.shape.nodeCount,
      revisionHistoryLimit: keptRevisions,
      selector: podSelector(input),
      strategy:
        input.rollout === 'surge'
          ? { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
          : { type: 'Recreate' },
      template,
    },
  };
}

/**
 * Parallel, because the pods of a group wait for each other, and because an ordered set never replaces a pod that does not
 * become ready. A group is replaced by deleting its pods together (OnDelete): half a group of each revision serves nobody.
 */
export function statefulSet(
  input: InferenceInput,
  metadata: ObjectMeta,
  template: PodTemplate,
): StatefulSetObject {
  const grouped = input.serving.kind === 'preset' && input.shape.nodeCount > 1;
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata,
    spec: {
      replicas: input.shape.nodeCount,
      revisionHistoryLimit: keptRevisions,
      serviceName: headlessServiceName(input.workspace.metadata.name),
      podManagementPolicy: 'Parallel',
      selector: podSelector(input),
      updateStrategy: { type: grouped ? 'OnDelete' : 'RollingUpdate' },
      template,
    },
  };
}

function podSelector({ workspace }: InferenceInput): { matchLabels: Record<string, string> } {
  return { matchLabels: { [labels.workspace]: workspace.metadata.name } };
}
