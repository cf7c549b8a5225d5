import { definitions } from '../generated/schemas.ts';
import { fieldsAt, isFields, listAt, numberAt, textAt, valueAt, type Fields } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { Cause } from '../status.ts';
import { selectorOf } from '../api/selectors.ts';
import { checkDefinition } from './custom.ts';
import { ageColumn, builtInColumns, nameColumn } from './columns.ts';
import { builtInDefaults } from './defaults.ts';
import type { Resource, ScalePaths } from './resource.ts';

type Row = Partial<Resource> & {
  readonly short?: string;
  readonly status?: boolean;
  readonly scale?: ScalePaths;
};

const scale: ScalePaths = {
  specReplicas: ['spec', 'replicas'],
  statusReplicas: ['status', 'replicas'],
  selector: (object) => selectorText(fieldsAt(object, 'spec', 'selector')),
};
const workload = { status: true, hasGeneration: true, categories: ['all'] };
const eventFields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(
  (f) => `involvedObject.${f}`,
);

const rows: Readonly<Record<string, Row>> = {
  'core/Namespace': {
    namespaced: false,
    short: 'ns',
    status: true,
    selectableFields: ['status.phase'],
    prepare: namespace,
  },
  'core/Node': {
    namespaced: false,
    short: 'no',
    status: true,
    keepsStatus: true,
    selectableFields: ['spec.unschedulable'],
  },
  'core/Pod': {
    short: 'po',
    status: true,
    hasGeneration: true,
    categories: ['all'],
    prepare: pod,
    check: checkPod,
    selectableFields: [
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'status.phase',
      'status.podIP',
    ],
  },
  'core/Service': { short: 'svc', status: true, categories: ['all'], prepare: service },
  'core/Endpoints': { plural: 'endpoints', singular: 'endpoints', short: 'ep' },
  'core/ConfigMap': { short: 'cm', check: checkImmutable },
  'core/Secret': { selectableFields: ['type'], prepare: secret, check: checkImmutable },
  'core/ServiceAccount': { short: 'sa' },
  'core/PersistentVolumeClaim': {
    short: 'pvc',
    status: true,
    prepare: (o) => void (o['status'] ??= { phase: 'Pending' }),
  },
  'core/Event': {
    short: 'ev',
    selectableFields: [...eventFields, 'reason', 'reportingComponent', 'source', 'type'],
  },
  'apps/Deployment': { ...workload, short: 'deploy', scale, prepare: deployment, check: checkSelector },
  'apps/ReplicaSet': { ...workload, short: 'rs', scale, prepare: templated, check: checkSelector },
  'apps/StatefulSet': { ...workload, short: 'sts', scale, prepare: templated, check: checkStatefulSet },
  'apps/ControllerRevision': {},
  'batch/Job': { ...workload, prepare: job },
  'coordination.k8s.io/Lease': {},
  'discovery.k8s.io/EndpointSlice': { hasGeneration: true },
  'apiextensions.k8s.io/CustomResourceDefinition': {
    namespaced: false,
    short: 'crd',
    status: true,
    hasGeneration: true,
    categories: ['api-extensions'],
    check: checkDefinition,
  },
};

const definitionGroups: Readonly<Record<string, string>> = {
  'coordination.k8s.io': 'coordination',
  'discovery.k8s.io': 'discovery',
};

export function builtInResources(): readonly Resource[] {
  return Object.entries(rows).map(([id, row]) => builtInResource(id, row));
}

function builtInResource(id: string, row: Row): Resource {
  const [groupId = '', kind = ''] = id.split('/');
  const { short, status = false, scale: scalePaths, ...rest } = row;
  const definition =
    groupId === 'apiextensions.k8s.io'
      ? `io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.${kind}`
      : `io.k8s.api.${definitionGroups[groupId] ?? groupId}.v1.${kind}`;
  if (!definitions[definition]) throw new Error(`no schema for ${definition}`);
  const columns = builtInColumns[kind] ?? [nameColumn, ageColumn];
  return {
    group: groupId === 'core' ? '' : groupId,
    kind,
    plural: `${kind.toLowerCase()}s`,
    singular: kind.toLowerCase(),
    listKind: `${kind}List`,
    namespaced: true,
    shortNames: short ? [short] : [],
    categories: [],
    versions: [{ name: 'v1', schema: { $ref: definition }, columns, hasStatus: status, scale: scalePaths }],
    storageVersion: 'v1',
    isCustom: false,
    hasGeneration: false,
    keepsStatus: false,
    selectableFields: [],
    defaultsOf: builtInDefaults,
    ...rest,
  };
}

function selectorText(selector: Fields): string {
  const labels = Object.entries(fieldsAt(selector, 'matchLabels')).map(
    ([key, value]) => `${key}=${String(value)}`,
  );
  const expressions = listAt(selector, 'matchExpressions').map((e) => {
    const [key, operator, values] = [textAt(e, 'key'), textAt(e, 'operator'), listAt(e, 'values').join(',')];
    if (operator === 'Exists') return key;
    return operator === 'DoesNotExist' ? `!${key}` : `${key} ${operator.toLowerCase()} (${values})`;
  });
  return [...labels, ...expressions].join(',');
}

function namespace(object: KubeObject): void {
  object['spec'] ??= { finalizers: ['kubernetes'] };
  object['status'] ??= { phase: 'Active' };
  object.metadata.labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name };
}

function secret(object: KubeObject): void {
  const text = Object.entries(fieldsAt(object, 'stringData')).map(([k, v]) => [
    k,
    Buffer.from(String(v)).toString('base64'),
  ]);
  if (text.length > 0) object['data'] = { ...fieldsAt(object, 'data'), ...Object.fromEntries(text) };
  delete object['stringData'];
}

function service(object: KubeObject, previous: KubeObject | undefined): void {
  const spec = fieldsAt(object, 'spec');
  for (const port of listAt(spec, 'ports')) if (isFields(port)) port['targetPort'] ??= port['port'];
  const address = previous ? valueAt(previous, 'spec', 'clusterIP') : addressFor(object.metadata.uid);
  const clusterIP = spec['clusterIP'] ?? address;
  const hasAddress = spec['type'] !== 'ExternalName';
  object['spec'] = {
    ...spec,

    ...(hasAddress ? { clusterIP, clusterIPs: [clusterIP] } : {}),
  };
  object['status'] ??= { loadBalancer: {} };
}

/** No packet ever reaches such an address here: it only has to look and differ as in a cluster. */
function addressFor(uid: string): string {
  const number = Number.parseInt(uid.slice(0, 4), 16);
  return `10.96.${number >> 8}.${number & 255}`;
}

function podSpec(spec: unknown): void {
  for (const container of [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')]) {
    if (!isFields(container) || container['imagePullPolicy'] !== undefined) continue;
    const tag = /:([^/@]+)$/.exec(textAt(container, 'image').replace(/@.*$/, ''))?.[1];
    const isLatest = !textAt(container, 'image').includes('@') && (tag === undefined || tag === 'latest');
    container['imagePullPolicy'] = isLatest ? 'Always' : 'IfNotPresent';
  }
}

function templated(object: KubeObject): void {
  podSpec(valueAt(object, 'spec', 'template', 'spec'));
  object['status'] ??= { replicas: 0 };
}

function deployment(object: KubeObject): void {
  podSpec(valueAt(object, 'spec', 'template', 'spec'));
  const strategy = fieldsAt(object, 'spec', 'strategy');
  if (strategy['type'] === 'RollingUpdate')
    strategy['rollingUpdate'] = {
      maxSurge: '25%',
      maxUnavailable: '25%',
      ...fieldsAt(strategy, 'rollingUpdate'),
    };
  object['status'] ??= {};
}

function job(object: KubeObject, previous: KubeObject | undefined): void {
  podSpec(valueAt(object, 'spec', 'template', 'spec'));
  object['status'] ??= {};
  if (previous || valueAt(object, 'spec', 'selector') !== undefined) return;
  const labels = {
    'batch.kubernetes.io/controller-uid': object.metadata.uid,
    'batch.kubernetes.io/job-name': object.metadata.name,
  };
  const spec = fieldsAt(object, 'spec');
  const template = fieldsAt(spec, 'template');
  const metadata = fieldsAt(template, 'metadata');
  spec['selector'] = { matchLabels: { 'batch.kubernetes.io/controller-uid': object.metadata.uid } };
  template['metadata'] = {
    ...metadata,
    labels: { ...fieldsAt(metadata, 'labels'), ...labels, 'job-name': object.metadata.name },
  };
}

const evictionTolerations = ['not-ready', 'unreachable'].map((condition) => ({
  effect: 'NoExecute',
  key: `node.kubernetes.io/${condition}`,
  operator: 'Exists',
  tolerationSeconds: 300,
}));

function pod(object: KubeObject, previous: KubeObject | undefined): void {
  const spec = fieldsAt(object, 'spec');
  podSpec(spec);
  if (previous) return;
  for (const container of [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')]) {
    const limits = fieldsAt(container, 'resources', 'limits');
    if (Object.keys(limits).length > 0)
      fieldsAt(container, 'resources')['requests'] = {
        ...limits,
        ...fieldsAt(container, 'resources', 'requests'),
      };
  }
  const tolerations = listAt(spec, 'tolerations');
  const missing = evictionTolerations.filter(
    (t) => !tolerations.some((own) => valueAt(own, 'key') === t.key),
  );
  spec['tolerations'] = [...tolerations, ...missing];
  spec['enableServiceLinks'] ??= true;
  spec['preemptionPolicy'] ??= 'PreemptLowerPriority';
  spec['priority'] ??= 0;
  object['status'] = { phase: 'Pending', qosClass: qosClass(spec) };
}

function qosClass(spec: Fields): string {
  const resources = [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')].map((c) =>
    fieldsAt(c, 'resources'),
  );
  if (!resources.some((r) => named(r['requests']) || named(r['limits']))) return 'BestEffort';
  const isGuaranteed = resources.every((r) =>
    ['cpu', 'memory'].every(
      (name) =>
        valueAt(r, 'limits', name) !== undefined &&
        valueAt(r, 'limits', name) === valueAt(r, 'requests', name),
    ),
  );
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}

function named(part: unknown): boolean {
  return ['cpu', 'memory'].some((name) => valueAt(part, name) !== undefined);
}

function cause(reason: string, field: string, message: string): Cause {
  return { reason: `FieldValue${reason}`, message, field };
}

function checkPod(object: KubeObject, previous: KubeObject | undefined): readonly Cause[] {
  if (listAt(object, 'spec', 'containers').length === 0)
    return [cause('Required', 'spec.containers', 'Required value')];
  const before = previous && textAt(previous, 'spec', 'nodeName');
  if (before && before !== textAt(object, 'spec', 'nodeName'))
    return [
      cause(
        'Forbidden',
        'spec',
        'Forbidden: pod updates may not change fields other than `spec.containers[*].image`',
      ),
    ];
  return [];
}

function checkImmutable(object: KubeObject, previous: KubeObject | undefined): readonly Cause[] {
  if (previous?.['immutable'] !== true) return [];
  const isSame = JSON.stringify(previous['data']) === JSON.stringify(object['data']);
  return isSame ? [] : [cause('Forbidden', 'data', 'Forbidden: field is immutable when `immutable` is set')];
}

function checkSelector(object: KubeObject, previous: KubeObject | undefined): readonly Cause[] {
  const selector = valueAt(object, 'spec', 'selector');
  const labels = fieldsAt(object, 'spec', 'template', 'metadata', 'labels') as Record<string, string>;
  const shown = JSON.stringify(labels);
  if (!isFields(selector)) return [];
  if (selectorText(selector) === '')
    return [
      cause(
        'Invalid',
        'spec.selector',
        `Invalid value: ${JSON.stringify(selector)}: empty selector is invalid for deployment`,
      ),
    ];
  if (!selectorOf(selector)(labels))
    return [
      cause(
        'Invalid',
        'spec.template.metadata.labels',
        `Invalid value: ${shown}: \`selector\` does not match template \`labels\``,
      ),
    ];
  if ((numberAt(object, 'spec', 'replicas') ?? 1) < 0)
    return [
      cause(
        'Invalid',
        'spec.replicas',
        `Invalid value: ${String(valueAt(object, 'spec', 'replicas'))}: must be greater than or equal to 0`,
      ),
    ];
  if (previous && selectorText(fieldsAt(previous, 'spec', 'selector')) !== selectorText(selector))
    return [
      cause('Invalid', 'spec.selector', `Invalid value: ${JSON.stringify(selector)}: field is immutable`),
    ];
  return [];
}

function checkStatefulSet(object: KubeObject, previous: KubeObject | undefined): readonly Cause[] {
  const claims = listAt(object, 'spec', 'volumeClaimTemplates');
  const refused = 'Forbidden: local-cluster has no volumes to claim; use emptyDir or a real cluster';
  if (claims.length > 0) return [cause('Forbidden', 'spec.volumeClaimTemplates', refused)];
  const fixed = ['serviceName', 'podManagementPolicy'].some(
    (field) => previous && valueAt(previous, 'spec', field) !== valueAt(object, 'spec', field),
  );
  const message =
    "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
  return fixed ? [cause('Forbidden', 'spec', message)] : checkSelector(object, previous);
}
