import type { Watches } from '../cluster/watches.ts';
import type { NodeClaim } from '../provisioner/karpenter-objects.ts';
import type { PhasedRevision } from './count-phases.ts';
import { revisionOfWorkload } from '../plan/live.ts';
import { isReady, revisionOfPod } from '../plan/readiness.ts';
import { conditionOf } from '../provisioner/karpenter-objects.ts';
import { phaseDurations, type ClaimTimes } from './phase-durations.ts';

/** How the ready revision of a Workspace came to be ready, from the caches; undefined for a workload that is not ours. */
export function measureRevision(
  key: string,
  watches: Pick<Watches, 'deployments' | 'statefulSets' | 'pods' | 'provisioner'>,
): PhasedRevision | undefined {
  const { deployments, statefulSets, pods, provisioner } = watches;
  const revision = revisionOfWorkload(statefulSets.store.get(key) ?? deployments.store.get(key));
  if (revision === undefined) return undefined;
  const ready = pods.store
    .byIndex('workspace', key)
    .filter((pod) => isReady(pod) && revisionOfPod(pod) === revision);
  const claims = provisioner?.nodeClaims.store.byIndex('workspace', key).map(timesOf) ?? [];
  return { revision, durations: phaseDurations({ pods: ready, claims }) };
}

function timesOf(claim: NodeClaim): ClaimTimes {
  const since = (type: string): string | undefined => {
    const condition = conditionOf(claim, type);
    return condition?.status === 'True' ? condition.lastTransitionTime : undefined;
  };
  return { created: claim.metadata.creationTimestamp, launched: since('Launched'), ready: since('Ready') };
}
