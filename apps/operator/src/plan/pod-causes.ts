import type { Pod } from '@kaito-ts/kube-runtime';
import type { Cause } from './cause.ts';
import {
  crashed,
  initContainerFailed,
  killed,
  launcherGaveUp,
  notStarted,
  outOfMemory,
} from './container-causes.ts';
import { inContainers, type PodDetector, type WarningsOf } from './finding.ts';
import { imageNotPulled } from './image-causes.ts';
import { evicted, notSetUp, unschedulable } from './placement-causes.ts';

const longestMessage = 900;

/** Causes from the most telling to the least; each is looked for in every pod before the next is. */
const detectors: readonly PodDetector[] = [
  ...[launcherGaveUp, outOfMemory, imageNotPulled, notStarted, initContainerFailed, killed, crashed].map(
    (detector) => unlessEvicted(inContainers(detector)),
  ),
  evicted,
  unschedulable,
  notSetUp,
];

/** The first reason why these pods do not serve, or undefined when they are merely on their way. */
export function firstPodCause(pods: readonly Pod[], warningsOf: WarningsOf = () => []): Cause | undefined {
  for (const detector of detectors) {
    for (const pod of pods) {
      const finding = detector(pod, warningsOf);
      if (finding !== undefined)
        return { object: `Pod/${pod.metadata.name}`, ...finding, cause: shorten(finding.cause) };
    }
  }
  return undefined;
}

/** How the containers of an evicted pod ended says nothing: the node ended them. */
function unlessEvicted(detector: PodDetector): PodDetector {
  return (pod, warningsOf) => (pod.status?.reason === 'Evicted' ? undefined : detector(pod, warningsOf));
}

function shorten(text: string): string {
  return text.length <= longestMessage ? text : `${text.slice(0, longestMessage)}…`;
}
