import { ownerReference, type KubeObject } from '../objects.ts';
import { podIsReady } from '../resources/pod-summary.ts';
import type { Condition, Pod, PodTemplate } from './shapes.ts';

export function isTerminating(pod: KubeObject): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

export function isFinished(pod: Pod): boolean {
  return ['Succeeded', 'Failed'].includes(pod.status.phase);
}

export function isActive(pod: Pod): boolean {
  return !isTerminating(pod) && !isFinished(pod);
}

export function isReady(pod: Pod): boolean {
  return podIsReady(pod);
}

/** Milliseconds until a ready pod counts as available; undefined while it is not ready. */
export function untilAvailable(pod: Pod, minReadySeconds: number, now: number): number | undefined {
  if (!isReady(pod)) return undefined;
  const since = pod.status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime;
  return Math.max(0, (since ? Date.parse(since) : now) + minReadySeconds * 1000 - now);
}

export interface Tally {
  readonly ready: number;
  readonly available: number;
  /** When the next ready pod becomes available. */
  readonly nextChange: number | undefined;
}

export function tally(pods: readonly Pod[], minReadySeconds: number, now: number): Tally {
  const waits = pods
    .map((pod) => untilAvailable(pod, minReadySeconds, now))
    .filter((wait) => wait !== undefined);
  const later = waits.filter((wait) => wait > 0);
  const nextChange = later.length > 0 ? Math.min(...later) : undefined;
  return { ready: waits.length, available: waits.length - later.length, nextChange };
}

/** A pod for a template, owned by its controller. */
export function podFrom(
  template: PodTemplate,
  owner: KubeObject,
): { metadata: Record<string, unknown>; spec: PodTemplate['spec'] } {
  const { labels, annotations } = template.metadata ?? {};
  return {
    metadata: {
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ownerReferences: [ownerReference(owner)],
    },
    spec: template.spec,
  };
}

/** Conditions with one of them set; its transition time moves only when its status does. */
export function withCondition(
  conditions: readonly Condition[] = [],
  next: Condition,
  time: string,
): Condition[] {
  const known = conditions.find(({ type }) => type === next.type);
  const lastTransitionTime = known?.status === next.status ? (known.lastTransitionTime ?? time) : time;
  const changed = { ...next, lastTransitionTime };
  return known
    ? conditions.map((condition) => (condition.type === next.type ? changed : condition))
    : [...conditions, changed];
}
