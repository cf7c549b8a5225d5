import { listAt, numberAt, textAt, valueAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';

function statuses(pod: KubeObject): readonly unknown[] {
  return listAt(pod, 'status', 'containerStatuses');
}

export function podReady(pod: KubeObject): string {
  const ready = statuses(pod).filter((status) => valueAt(status, 'ready') === true).length;
  return `${ready}/${listAt(pod, 'spec', 'containers').length}`;
}

export function podRestarts(pod: KubeObject): string {
  const all = [...listAt(pod, 'status', 'initContainerStatuses'), ...statuses(pod)];
  return String(all.reduce((sum: number, status) => sum + (numberAt(status, 'restartCount') ?? 0), 0));
}

/** The word in kubectl's STATUS column: the most telling of phase, reasons and container states. */
export function podStatus(pod: KubeObject): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const reasons = statuses(pod).map((status) => stateReason(valueAt(status, 'state')));
  const isRunning = statuses(pod).some((status) => valueAt(status, 'state', 'running') !== undefined);
  const reason = reasons.find((text) => text !== '' && !(text === 'Completed' && isRunning));
  const own = textAt(pod, 'status', 'reason') || textAt(pod, 'status', 'phase');
  return initializing(pod) ?? reason ?? own;
}

function initializing(pod: KubeObject): string | undefined {
  const inits = listAt(pod, 'status', 'initContainerStatuses');
  const at = inits.findIndex((status) => numberAt(status, 'state', 'terminated', 'exitCode') !== 0);
  if (at < 0 || valueAt(inits[at], 'started') === true) return undefined;
  const problem = stateReason(valueAt(inits[at], 'state')).replace('PodInitializing', '');
  return `Init:${problem || `${at}/${listAt(pod, 'spec', 'initContainers').length}`}`;
}

function stateReason(state: unknown): string {
  const exitCode = numberAt(state, 'terminated', 'exitCode');
  const ended = exitCode === undefined ? '' : `ExitCode:${exitCode}`;
  return textAt(state, 'waiting', 'reason') || textAt(state, 'terminated', 'reason') || ended;
}
