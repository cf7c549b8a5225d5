import { fieldsAt, listAt, numberAt, textAt, valueAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { since } from './durations.ts';
import { podReady, podRestarts, podStatus } from './pod-summary.ts';
import type { Cell, Column } from './resource.ts';

/** Name, what to show (a path or a function), type, and 1 for what only `-o wide` shows. */
type Entry = readonly [name: string, show: string | Cell, type?: 'string' | 'integer', priority?: number];

const orNone = (items: readonly unknown[]): string => items.join(',') || '<none>';
const size: Cell = (o) => Object.keys({ ...fieldsAt(o, 'data'), ...fieldsAt(o, 'binaryData') }).length;
const ready: Cell = (o) =>
  `${numberAt(o, 'status', 'readyReplicas') ?? 0}/${numberAt(o, 'spec', 'replicas') ?? 0}`;

const entries: Readonly<Record<string, readonly Entry[]>> = {
  Pod: [
    ['Ready', podReady],
    ['Status', podStatus],
    ['Restarts', podRestarts],
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
    ['Port(s)', (o) => orNone(listAt(o, 'spec', 'ports').map((p) => valueAt(p, 'port')))],
  ],
  EndpointSlice: [
    ['Ports', (o) => orNone(listAt(o, 'ports').map((p) => valueAt(p, 'port')))],
    ['Endpoints', (o) => orNone(listAt(o, 'endpoints').flatMap((e) => listAt(e, 'addresses')))],
  ],
  Namespace: [['Status', 'status.phase']],
  ConfigMap: [['Data', size, 'integer']],
  Secret: [
    ['Type', 'type'],
    ['Data', size, 'integer'],
  ],
  Lease: [['Holder', 'spec.holderIdentity']],
  Event: [
    [
      'Last Seen',
      (o, now) => since(o['lastTimestamp'] ?? o['eventTime'] ?? o.metadata.creationTimestamp, now),
    ],
    ['Type', 'type'],
    ['Reason', 'reason'],
    [
      'Object',
      (o) => `${textAt(o, 'involvedObject', 'kind')}/${textAt(o, 'involvedObject', 'name')}`.toLowerCase(),
    ],
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
  const path = typeof show === 'string' ? show.split('.') : [];
  const cell: Cell =
    typeof show === 'function'
      ? show
      : (object) => valueAt(object, ...path) ?? (type === 'integer' ? 0 : '<none>');
  return { name, type, format: '', description: '', priority, cell };
}

function nodeStatus(node: KubeObject): string {
  const condition = listAt(node, 'status', 'conditions').find((c) => valueAt(c, 'type') === 'Ready');
  const status = valueAt(condition, 'status') === 'True' ? 'Ready' : 'NotReady';
  return valueAt(node, 'spec', 'unschedulable') === true ? `${status},SchedulingDisabled` : status;
}
