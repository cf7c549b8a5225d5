import { podGraceSeconds, type PodFacts } from './facts.ts';
import type { Pod } from './pod.ts';

/** What the agent itself knows of a pod's end. */
export interface EndingCauses {
  /** The agent stops: its own patience, beside the pod's. */
  readonly stopping: { readonly graceSeconds: number } | undefined;
  /** The pod is no longer in the API server. */
  readonly removed: boolean;
}

/** Whether and why a pod has to end, and how long it may take; undefined while it is to run. */
export function endingOf(pod: Pod, { stopping, removed }: EndingCauses): PodFacts['ending'] {
  const { metadata, status } = pod;
  const own = podGraceSeconds(pod);
  if (stopping !== undefined)
    return { graceSeconds: Math.min(own, stopping.graceSeconds), why: 'the node agent stops' };
  if (metadata.deletionTimestamp !== undefined)
    return { graceSeconds: metadata.deletionGracePeriodSeconds ?? own, why: 'the pod was deleted' };
  if (removed) return { graceSeconds: own, why: 'the pod is gone from the API server' };
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded')
    return { graceSeconds: own, why: `the pod is ${status.phase}` };
  return undefined;
}
