import { fieldsAt, listAt, numberAt, textAt, valueAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { since } from './durations.ts';

function statuses(pod: KubeObject): readonly unknown[] {
  return listAt(pod, 'status', 'containerStatuses');
}

export function podReady(pod: KubeObject): string {
  const ready = statuses(pod).filter((status) => valueAt(status, 'ready') === true).length;
  return `${ready}/${listAt(pod, 'spec', 'containers').length}`;
}

export function podRestarts(pod: KubeObject, now: number): string {
  const inits = listAt(pod, 'status', 'initContainerStatuses');
  const shown = isInitializing(pod) ? inits : statuses(pod);
  const restarts = shown.reduce((sum: number, status) => sum + (numberAt(status, 'restartCount') ?? 0), 0);
  const ends = shown.map((status) => textAt(status, 'lastState', 'terminated', 'finishedAt')).sort();
  const last = ends.at(-1);
  return restarts > 0 && last ? `${restarts} (${since(last, now)} ago)` : String(restarts);
}

/** The word in kubectl's STATUS column: the most telling of phase, reasons and container states. */
export function podStatus(pod: KubeObject): string {
  const reason =
    initializing(pod) ?? running(pod) ?? (textAt(pod, 'status', 'reason') || textAt(pod, 'status', 'phase'));
  if (pod.metadata.deletionTimestamp === undefined) return reason || 'Unknown';
  return textAt(pod, 'status', 'reason') === 'NodeLost' ? 'Unknown' : 'Terminating';
}

function isInitializing(pod: KubeObject): boolean {
  return initializing(pod) !== undefined;
}

function initializing(pod: KubeObject): string | undefined {
  const inits = listAt(pod, 'status', 'initContainerStatuses');
  const total = listAt(pod, 'spec', 'initContainers').length;
  for (const [index, status] of inits.entries()) {
    const state = fieldsAt(status, 'state');
    if (numberAt(state, 'terminated', 'exitCode') === 0) continue;
    const problem = stateReason(state);
    return problem && problem !== 'PodInitializing' ? `Init:${problem}` : `Init:${index}/${total}`;
  }
  return undefined;
}

function running(pod: KubeObject): string | undefined {
  const reasons = statuses(pod).flatMap((status) => stateReason(fieldsAt(status, 'state')) ?? []);
  const isPartlyRunning = statuses(pod).some((status) => valueAt(status, 'state', 'running') !== undefined);
  const [first] = reasons;
  if (first === 'Completed' && isPartlyRunning) return podIsReady(pod) ? 'Running' : 'NotReady';
  return first;
}

function stateReason(state: unknown): string | undefined {
  const waiting = textAt(state, 'waiting', 'reason');
  if (waiting) return waiting;
  if (valueAt(state, 'terminated') === undefined) return undefined;
  const signal = numberAt(state, 'terminated', 'signal');
  const exit = signal ? `Signal:${signal}` : `ExitCode:${numberAt(state, 'terminated', 'exitCode') ?? 0}`;
  return textAt(state, 'terminated', 'reason') || exit;
}

export function podIsReady(pod: KubeObject): boolean {
  return listAt(pod, 'status', 'conditions').some(
    (condition) => valueAt(condition, 'type') === 'Ready' && valueAt(condition, 'status') === 'True',
  );
}
