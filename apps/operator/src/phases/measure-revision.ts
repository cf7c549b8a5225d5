import type { Watches } from '../cluster/watches.ts';
import type { PhasedRevision } from './count-phases.ts';
import { isReady, revisionOfPod } from '../plan/readiness.ts';
import { revisionOfWorkload } from '../plan/live.ts';
import { phaseDurations } from './phase-durations.ts';

/** How the ready revision of a Workspace came to be ready, from the caches; undefined for a workload that is not ours. */
export function measureRevision(
  key: string,
  { deployments, statefulSets, pods }: Pick<Watches, 'deployments' | 'statefulSets' | 'pods'>,
): PhasedRevision | undefined {
  const revision = revisionOfWorkload(statefulSets.store.get(key) ?? deployments.store.get(key));
  if (revision === undefined) return undefined;
  const ready = pods.store
    .byIndex('workspace', key)
    .filter((pod) => isReady(pod) && revisionOfPod(pod) === revision);
  return { revision, durations: phaseDurations({ pods: ready, claims: [] }) };
}
