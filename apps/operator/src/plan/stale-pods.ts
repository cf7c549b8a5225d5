import type { Pod, StatefulSet } from '@kaito-ts/kube-runtime';
import type { Step } from './plan-value.ts';
import { isReady, revisionOfPod } from './readiness.ts';
import { revisionOfWorkload } from './live.ts';

/**
 * Pods that their StatefulSet will not replace by itself: those of a group (OnDelete, so that all of them go together), and
 * a broken pod of an ordered set, which waits for that pod to become ready before it replaces it.
 */
export function stalePodSteps(statefulSet: StatefulSet | undefined, pods: readonly Pod[]): readonly Step[] {
  const revision = revisionOfWorkload(statefulSet);
  if (statefulSet === undefined || revision === undefined) return [];
  const together = statefulSet.spec?.updateStrategy?.type === 'OnDelete';
  const ordered = statefulSet.spec?.podManagementPolicy !== 'Parallel';
  return pods
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .filter((pod) => revisionOfPod(pod) !== revision && (together || (ordered && !isReady(pod))))
    .map(({ metadata: { name, namespace = '', uid = '' } }) => ({
      kind: 'delete',
      object: { kind: 'Pod', name, namespace },
      uid,
      why: `it runs an older revision than ${revision}`,
    }));
}
