import { fieldsAt, listAt, numberAt, textAt, valueAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { Cell, Column } from './resource.ts';

/** Name, what to show (a path or a function), type, and 1 for what only `-o wide` shows. */
type Entry = readonly [name: string, show: string | Cell, type?: 'string' | 'integer', priority?: number];

const orNone = (items: readonly unknown[]): string => items.join(',') || '<none>';
const size: Cell = (o) => Object.keys({ ...fieldsAt(o, 'data'), ...fieldsAt(o, 'binaryData') }).length;
const ports: Cell = (o) => orNone(listAt(o, 'spec', 'ports').map((port) => valueAt(port, 'port')));
const ready: Cell = (o) =>
  `${numberAt(o, 'status', 'readyReplicas') ?? 0}/${numberAt(o, 'spec', 'replicas') ?? 0}`;

const entries: Readonly<Record<string, readonly Entry[]>> = {
  Pod: [
    ['Ready', podReady],
    ['Status', podStatus],
    ['Restarts', podRestarts, 'integer'],
    ['IP', 'status.podIP', 'string', 1],
    ['Node', 'spec.nodeName', 'string', 1],
  ],
  Deployment: [
    ['Ready', ready],
    ['Up-to-date', 'status.updatedReplicas', 'integer'],
    ['Available', 'status.availableReplicas', 'integer'],
  ],
  ReplicaSet: [
    ['Desired', 'spec.replicas', 'integer'],
    ['Current', 'status.replicas', 'integer'],
    ['Ready', 'status.readyReplicas', 'integer'],
  ],
  StatefulSet: [['Ready', ready]],
  Job: [['Completions', (o) => `${numberAt(o, 'status', 'succeeded') ?? 0}/1`]],
  Node: [
    ['Status', nodeStatus],
    ['Version', 'status.nodeInfo.kubeletVersion'],
  ],
  Service: [
    ['Type', 'spec.type'],
    ['Cluster-IP', 'spec.clusterIP'],
    ['Port(s)', ports],
  ],
  Namespace: [['Status', 'status.phase']],
  ConfigMap: [['Data', size, 'integer']],
  Secret: [
    ['Type', 'type'],
    ['Data', size, 'integer'],
  ],
  Event: [
    ['Last Seen', (o, now) => since(o['lastTimestamp'] ?? o.metadata.creationTimestamp, now)],
    ['Type', 'type'],
    ['Reason', 'reason'],
    ['Kind', 'involvedObject.kind'],
    ['Object', 'involvedObject.name'],
    ['Message', 'message'],
  ],
};

export const nameColumn: Column = { ...column(['Name', 'metadata.name']), format: 'name' };
export const ageColumn: Column = column(['Age', (o, now) => since(o.metadata.creationTimestamp, now)]);

/** What `kubectl get` shows of a kind: its name, what is most telling, and its age. */
export function columnsOf(kind: string): readonly Column[] {
  return [nameColumn, ...(entries[kind] ?? []).map(column), ageColumn];
}

function column([name, show, type = 'string', priority = 0]: Entry): Column {
  const missing = type === 'integer' ? 0 : '<none>';
  const cell: Cell =
    typeof show === 'function' ? show : (object) => valueAt(object, ...show.split('.')) ?? missing;
  return { name, type, priority, cell };
}

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const;

/** Age as kubectl shows it, in the largest unit of which there are at least two: 90s, 5m, 3h, 2d. */
export function since(time: unknown, now: number): string {
  if (typeof time !== 'string') return '<unknown>';
  const seconds = Math.max(0, Math.floor((now - Date.parse(time)) / 1000));
  const [unit, length] = units.find(([, each]) => seconds >= 2 * each) ?? ['s', 1];
  return `${Math.floor(seconds / length)}${unit}`;
}

function nodeStatus(node: KubeObject): string {
  const condition = listAt(node, 'status', 'conditions').find((c) => valueAt(c, 'type') === 'Ready');
  const status = valueAt(condition, 'status') === 'True' ? 'Ready' : 'NotReady';
  return valueAt(node, 'spec', 'unschedulable') === true ? `${status},SchedulingDisabled` : status;
}

function podReady(pod: KubeObject): string {
  const statuses = listAt(pod, 'status', 'containerStatuses');
  const count = statuses.filter((status) => valueAt(status, 'ready') === true).length;
  return `${count}/${listAt(pod, 'spec', 'containers').length}`;
}

function podRestarts(pod: KubeObject): number {
  const statuses = ['initContainerStatuses', 'containerStatuses'].flatMap((list) =>
    listAt(pod, 'status', list),
  );
  return statuses.reduce<number>((sum, status) => sum + (numberAt(status, 'restartCount') ?? 0), 0);
}

/** The word in kubectl's STATUS column: what holds up an init container or a container, or else the phase. */
function podStatus(pod: KubeObject): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const inits = listAt(pod, 'status', 'initContainerStatuses');
  const at = inits.findIndex((status) => numberAt(status, 'state', 'terminated', 'exitCode') !== 0);
  if (at >= 0 && valueAt(inits[at], 'started') !== true) {
    const problem = stateReason(inits[at]).replace('PodInitializing', '');
    return `Init:${problem || `${at}/${inits.length}`}`;
  }
  const statuses = listAt(pod, 'status', 'containerStatuses');
  const isRunning = statuses.some((status) => valueAt(status, 'state', 'running') !== undefined);
  const reasons = statuses.map(stateReason);
  const reason = reasons.find((text) => text && !(isRunning && text === 'Completed'));
  return reason ?? (textAt(pod, 'status', 'reason') || textAt(pod, 'status', 'phase'));
}

function stateReason(status: unknown): string {
  const exitCode = numberAt(status, 'state', 'terminated', 'exitCode');
  const ended = exitCode === undefined ? '' : `ExitCode:${exitCode}`;
  return (
    textAt(status, 'state', 'waiting', 'reason') || textAt(status, 'state', 'terminated', 'reason') || ended
  );
}
