import type { Pod } from '@kaito-ts/kube-runtime';
import type { Cause } from './cause.ts';
import type { PodWarning } from './observation.ts';

type PodStatus = NonNullable<Pod['status']>;
export type ContainerStatus = NonNullable<PodStatus['containerStatuses']>[number];
export type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

/** What keeps a pod from serving; the object at fault is the pod where nothing else is named. */
export type Finding = Omit<Cause, 'object'> & { readonly object?: string };

/** What the node said about a pod in Events, where its status is silent. */
export type WarningsOf = (pod: Pod) => readonly PodWarning[];

export type PodDetector = (pod: Pod, warningsOf: WarningsOf) => Finding | undefined;

interface Subject {
  readonly pod: Pod;
  readonly warnings: readonly PodWarning[];
}

/** Looks at one container that is not ready. */
export type ContainerDetector = (status: ContainerStatus, subject: Subject) => Finding | undefined;

export function inContainers(detector: ContainerDetector): PodDetector {
  return (pod, warningsOf) => {
    const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
    for (const status of statuses) {
      if (status.ready || status.state?.terminated?.exitCode === 0) continue;
      const finding = detector(status, { pod, warnings: warningsOf(pod) });
      if (finding !== undefined) return finding;
    }
    return undefined;
  };
}

export function seeLogs({ name }: ContainerStatus): string {
  return `see kubectl logs --previous -c ${name}`;
}
