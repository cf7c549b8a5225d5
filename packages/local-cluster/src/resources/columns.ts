import { fieldsAt, listAt, numberAt, textAt, valueAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { humanDuration, since } from './durations.ts';
import { podReady, podRestarts, podStatus } from './pod-summary.ts';
import type { Column } from './resource.ts';

type Cell = Column['cell'];

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  priority: 0,
  cell: (o) => o.metadata.name,
};
export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  priority: 0,
  cell: (o, now) => since(o.metadata.creationTimestamp, now),
};

function column(name: string, cell: Cell, type = 'string'): Column {
  return { name, type, priority: 0, cell };
}

function wide(name: string, cell: Cell): Column {
  return { name, type: 'string', priority: 1, cell };
}

function count(name: string, ...path: readonly string[]): Column {
  return column(name, (object) => numberAt(object, ...path) ?? 0, 'integer');
}

function table(...columns: readonly Column[]): readonly Column[] {
  return [nameColumn, ...columns];
}

const orNone = (text: string): string => text || '<none>';
const joined = (items: readonly unknown[]): string => orNone(items.join(','));

const workload: readonly Column[] = [
  wide('Containers', (o) => joined(containers(o).map((c) => valueAt(c, 'name')))),
  wide('Images', (o) => joined(containers(o).map((c) => valueAt(c, 'image')))),
];
const selector = wide('Selector', (o) => labelText(fieldsAt(o, 'spec', 'selector', 'matchLabels')));

function containers(object: KubeObject): readonly unknown[] {
  return listAt(object, 'spec', 'template', 'spec', 'containers');
}

function labelText(labels: Readonly<Record<string, unknown>>): string {
  return joined(
    Object.entries(labels)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}=${String(value)}`),
  );
}

function ready(object: KubeObject): string {
  return `${numberAt(object, 'status', 'readyReplicas') ?? 0}/${numberAt(object, 'spec', 'replicas') ?? 0}`;
}

function nodeStatus(node: KubeObject): string {
  const condition = listAt(node, 'status', 'conditions').find((c) => valueAt(c, 'type') === 'Ready');
  const status = valueAt(condition, 'status') === 'True' ? 'Ready' : condition ? 'NotReady' : 'Unknown';
  return valueAt(node, 'spec', 'unschedulable') === true ? `${status},SchedulingDisabled` : status;
}

function nodeRoles(node: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/';
  return joined(
    Object.keys(node.metadata.labels ?? {})
      .flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []))
      .sort(),
  );
}

function address(node: KubeObject, type: string): string {
  return orNone(
    textAt(
      listAt(node, 'status', 'addresses').find((a) => valueAt(a, 'type') === type),
      'address',
    ),
  );
}

const info = (name: string, ...path: readonly string[]): Column =>
  wide(name, (o) => textAt(o, 'status', 'nodeInfo', ...path) || '<unknown>');

function servicePorts(object: KubeObject): string {
  return joined(
    listAt(object, 'spec', 'ports').map((p) => `${String(valueAt(p, 'port'))}/${textAt(p, 'protocol')}`),
  );
}

function endpointAddresses(object: KubeObject): string {
  const pairs = listAt(object, 'subsets').flatMap((subset) =>
    listAt(subset, 'addresses').flatMap((a) =>
      listAt(subset, 'ports').map((p) => `${textAt(a, 'ip')}:${String(valueAt(p, 'port'))}`),
    ),
  );
  return pairs.length > 3 ? `${pairs.slice(0, 3).join(',')} + ${pairs.length - 3} more...` : joined(pairs);
}

function jobStatus(object: KubeObject): string {
  const condition = listAt(object, 'status', 'conditions').find((c) =>
    ['Complete', 'Failed'].includes(textAt(c, 'type')),
  );
  return textAt(condition, 'type') || 'Running';
}

function jobDuration(object: KubeObject, now: number): string {
  const start = textAt(object, 'status', 'startTime');
  const end = textAt(object, 'status', 'completionTime');
  return start ? humanDuration((end ? Date.parse(end) : now) - Date.parse(start)) : '';
}

function eventObject(event: KubeObject): string {
  return `${textAt(event, 'involvedObject', 'kind').toLowerCase()}/${textAt(event, 'involvedObject', 'name')}`;
}

const eventTime =
  (...fields: readonly string[]): Cell =>
  (o, now) =>
    since(fields.map((field) => valueAt(o, field)).find(Boolean) ?? o.metadata.creationTimestamp, now);

/** Columns by kind; kinds that are not here show name and age. */
export const builtInColumns: Readonly<Record<string, readonly Column[]>> = {
  Pod: table(
    column('Ready', podReady),
    column('Status', podStatus),
    column('Restarts', podRestarts),
    ageColumn,
    wide('IP', (o) => orNone(textAt(o, 'status', 'podIP'))),
    wide('Node', (o) => orNone(textAt(o, 'spec', 'nodeName'))),
    wide('Nominated Node', (o) => orNone(textAt(o, 'status', 'nominatedNodeName'))),
    wide('Readiness Gates', () => '<none>'),
  ),
  Deployment: table(
    column('Ready', ready),
    count('Up-to-date', 'status', 'updatedReplicas'),
    count('Available', 'status', 'availableReplicas'),
    ageColumn,
    ...workload,
    selector,
  ),
  ReplicaSet: table(
    count('Desired', 'spec', 'replicas'),
    count('Current', 'status', 'replicas'),
    count('Ready', 'status', 'readyReplicas'),
    ageColumn,
    ...workload,
    selector,
  ),
  StatefulSet: table(column('Ready', ready), ageColumn, ...workload),
  Job: table(
    column('Status', jobStatus),
    column(
      'Completions',
      (o) => `${numberAt(o, 'status', 'succeeded') ?? 0}/${numberAt(o, 'spec', 'completions') ?? 1}`,
    ),
    column('Duration', jobDuration),
    ageColumn,
    ...workload,
    selector,
  ),
  Node: table(
    column('Status', nodeStatus),
    column('Roles', nodeRoles),
    ageColumn,
    column('Version', (o) => textAt(o, 'status', 'nodeInfo', 'kubeletVersion')),
    wide('Internal-IP', (o) => address(o, 'InternalIP')),
    wide('External-IP', (o) => address(o, 'ExternalIP')),
    info('OS-Image', 'osImage'),
    info('Kernel-Version', 'kernelVersion'),
    info('Container-Runtime', 'containerRuntimeVersion'),
  ),
  Service: table(
    column('Type', (o) => textAt(o, 'spec', 'type')),
    column('Cluster-IP', (o) => orNone(textAt(o, 'spec', 'clusterIP'))),
    column('External-IP', () => '<none>'),
    column('Port(s)', servicePorts),
    ageColumn,
    wide('Selector', (o) => labelText(fieldsAt(o, 'spec', 'selector'))),
  ),
  Endpoints: table(column('Endpoints', endpointAddresses), ageColumn),
  EndpointSlice: table(
    column('AddressType', (o) => textAt(o, 'addressType')),
    column('Ports', (o) => joined(listAt(o, 'ports').map((p) => valueAt(p, 'port')))),
    column('Endpoints', (o) => joined(listAt(o, 'endpoints').flatMap((e) => listAt(e, 'addresses')))),
    ageColumn,
  ),
  Namespace: table(
    column('Status', (o) => textAt(o, 'status', 'phase')),
    ageColumn,
  ),
  ConfigMap: table(count0('Data', ['data', 'binaryData']), ageColumn),
  Secret: table(
    column('Type', (o) => textAt(o, 'type')),
    count0('Data', ['data']),
    ageColumn,
  ),
  Lease: table(
    column('Holder', (o) => textAt(o, 'spec', 'holderIdentity')),
    ageColumn,
  ),
  PersistentVolumeClaim: table(
    column('Status', (o) => textAt(o, 'status', 'phase')),
    column('Volume', (o) => textAt(o, 'spec', 'volumeName')),
    ageColumn,
  ),
  CustomResourceDefinition: table(column('Created At', (o) => o.metadata.creationTimestamp, 'date')),
  Event: [
    column('Last Seen', eventTime('lastTimestamp', 'eventTime', 'firstTimestamp')),
    column('Type', (o) => textAt(o, 'type')),
    column('Reason', (o) => textAt(o, 'reason')),
    column('Object', eventObject),
    wide('Subobject', (o) => textAt(o, 'involvedObject', 'fieldPath')),
    wide('Source', (o) => textAt(o, 'source', 'component') || textAt(o, 'reportingComponent')),
    column('Message', (o) => textAt(o, 'message').trim()),
    wide('First Seen', eventTime('firstTimestamp', 'eventTime')),
    wide('Count', (o) => numberAt(o, 'count') ?? 1),
    { ...nameColumn, priority: 1 },
  ],
};

function count0(name: string, maps: readonly string[]): Column {
  return column(
    name,
    (o) => maps.reduce((sum, map) => sum + Object.keys(fieldsAt(o, map)).length, 0),
    'integer',
  );
}
