import {
  ignoreNotFound,
  isConflict,
  isNotFound,
  type KubeClient,
  type ResourceKind,
} from '@kaito-ts/kube-runtime';
import type { Pod, PodStatus } from '../pod/pod.ts';

export const podKind: ResourceKind<Pod> = {
  group: '',
  version: 'v1',
  plural: 'pods',
  kind: 'Pod',
  namespaced: true,
};

/** The two things that a node agent tells the API server about a pod. */
export interface PodApi {
  /** Resolves to the stored pod, or undefined when that pod (this uid) is gone. */
  reportStatus(pod: Pod, status: PodStatus): Promise<Pod | undefined>;
  /** Confirms a deletion: every process is gone. */
  confirmDeletion(pod: Pod): Promise<void>;
}

export function createPodApi(client: KubeClient): PodApi {
  return {
    async reportStatus(pod, status) {
      try {
        // The uid makes the server refuse to write to another pod that took the name.
        const value = { metadata: { uid: pod.metadata.uid }, status };
        return await ignoreNotFound(client.patchStatus(podKind, refOf(pod), { type: 'merge', value }));
      } catch (error) {
        if (isConflict(error)) return undefined;
        throw error;
      }
    },
    async confirmDeletion(pod) {
      const options = { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } };
      try {
        await client.delete(podKind, refOf(pod), options);
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      }
    },
  };
}

function refOf({ metadata }: Pod): { readonly name: string; readonly namespace: string } {
  return { name: metadata.name, namespace: metadata.namespace ?? 'default' };
}
