import type { LiveObjects } from './live.ts';
import type { PinnedPlan } from './pinned.ts';
import type { ObjectName, Step, WorkloadKind } from './plan-value.ts';
import { revisionOfWorkload } from './live.ts';
import { writePinned } from './pinned.ts';

/**
 * A workload that upstream made serves on untouched until the user changes something.
 * left: nothing to do; adopt: remember the intent it belongs to; replace: the user changed something, it becomes ours.
 */
export type Takeover = 'none' | 'left' | 'adopt' | 'replace';

export function takeover(live: LiveObjects, pinned: PinnedPlan | undefined, intent: string): Takeover {
  if (live.workload === undefined || revisionOfWorkload(live.workload) !== undefined) return 'none';
  if (pinned?.takenOver !== true) return 'adopt';
  return pinned.intent === intent ? 'left' : 'replace';
}

export function adoptionStep(live: LiveObjects, intent: string): readonly Step[] {
  const workload = workloadName(live);
  if (workload === undefined) return [];
  const annotations = writePinned({ intent, takenOver: true });
  return [
    {
      kind: 'annotate',
      object: workload,
      annotations,
      why: 'made by another kaito operator; kept as it is until the Workspace changes',
    },
  ];
}

/** Without this, server-side apply would leave every field in place that upstream set and we do not. */
export function claimSteps(live: LiveObjects): readonly Step[] {
  const services = [live.service, live.headlessService].flatMap((service) =>
    service === undefined
      ? []
      : [
          {
            kind: 'Service' as const,
            name: service.metadata.name,
            namespace: service.metadata.namespace ?? '',
          },
        ],
  );
  const workload = workloadName(live);
  return [...services, ...(workload === undefined ? [] : [workload])].map((object) => ({
    kind: 'claimFields',
    object,
    of: 'everybody',
    why: 'the Workspace changed, so its objects become ours whole',
  }));
}

function workloadName({ statefulSet, workload }: LiveObjects): ObjectName | undefined {
  if (workload === undefined) return undefined;
  const kind: WorkloadKind = statefulSet === undefined ? 'Deployment' : 'StatefulSet';
  return { kind, name: workload.metadata.name, namespace: workload.metadata.namespace ?? '' };
}
