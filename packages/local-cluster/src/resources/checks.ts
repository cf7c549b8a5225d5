import { selectorOf, selectorText } from '../api/selectors.ts';
import { equal, fieldsAt, isFields, listAt, numberAt, valueAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { Cause } from '../status.ts';
import { checkDefinition } from './custom.ts';

/** Fields of a pod that nothing here acts on; `undefined` stands for: leave it out. */
const podFields: Readonly<Record<string, unknown>> = {
  'affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution': undefined,
  topologySpreadConstraints: undefined,
  schedulingGates: undefined,
  resourceClaims: undefined,
  overhead: undefined,
};

/** Fields by kind that nothing here acts on, with the one value that is the same as doing nothing. */
const onlyValues: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  Pod: inside('spec', podFields),
  Deployment: {
    'spec.minReadySeconds': 0,
    'spec.paused': false,
    'spec.progressDeadlineSeconds': 600,
    ...inside('spec.template.spec', podFields),
  },
  ReplicaSet: { 'spec.minReadySeconds': 0, ...inside('spec.template.spec', podFields) },
  StatefulSet: {
    'spec.minReadySeconds': 0,
    'spec.ordinals.start': 0,
    'spec.updateStrategy.rollingUpdate.partition': 0,
    'spec.updateStrategy.rollingUpdate.maxUnavailable': 1,
    'spec.volumeClaimTemplates': undefined,
    ...inside('spec.template.spec', podFields),
  },
  Job: {
    'spec.parallelism': 1,
    'spec.completions': 1,
    'spec.suspend': false,
    'spec.completionMode': 'NonIndexed',
    'spec.activeDeadlineSeconds': undefined,
    'spec.ttlSecondsAfterFinished': undefined,
    'spec.podFailurePolicy': undefined,
    'spec.successPolicy': undefined,
    ...inside('spec.template.spec', podFields),
  },
  Service: { 'spec.externalName': undefined, 'spec.sessionAffinity': 'None' },
};

/** Fields that stay as they were first set, by kind. */
const fixedFields: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec.nodeName'],
  Deployment: ['spec.selector'],
  ReplicaSet: ['spec.selector'],
  StatefulSet: ['spec.selector', 'spec.serviceName', 'spec.podManagementPolicy'],
  Job: ['spec.selector', 'spec.template'],
};

function inside(prefix: string, fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([path, value]) => [`${prefix}.${path}`, value]));
}

function cause(reason: string, field: string, message: string): Cause {
  return { reason: `FieldValue${reason}`, message, field };
}

/** What an API server refuses beyond the schema, and what local-cluster does not do. */
export function checkBuiltIn(object: KubeObject, previous: KubeObject | undefined): readonly Cause[] {
  const own = checks[object.kind]?.(object) ?? [];
  return [...own, ...unsupported(object), ...changed(object, previous)];
}

function unsupported(object: KubeObject): Cause[] {
  return Object.entries(onlyValues[object.kind] ?? {}).flatMap(([field, only]) => {
    const value = valueAt(object, ...field.split('.'));
    if (value === undefined || equal(value, only)) return [];
    const instead = only === undefined ? 'leave it out' : `only ${JSON.stringify(only)} is`;
    return [cause('Forbidden', field, `Forbidden: not implemented by local-cluster, ${instead}`)];
  });
}

function changed(object: KubeObject, previous: KubeObject | undefined): Cause[] {
  const fixed = (fixedFields[object.kind] ?? []).filter((field) => {
    const before = valueAt(previous, ...field.split('.'));
    return before !== undefined && !equal(before, valueAt(object, ...field.split('.')));
  });
  const found = fixed.map((field) => {
    const value = JSON.stringify(valueAt(object, ...field.split('.')));
    return cause('Invalid', field, `Invalid value: ${value}: field is immutable`);
  });
  if (previous?.['immutable'] === true && !equal(previous['data'], object['data']))
    found.push(cause('Forbidden', 'data', 'Forbidden: field is immutable when `immutable` is set'));
  return found;
}

function checkSelector(object: KubeObject): Cause[] {
  const selector = valueAt(object, 'spec', 'selector');
  const labels = fieldsAt(object, 'spec', 'template', 'metadata', 'labels') as Record<string, string>;
  const replicas = numberAt(object, 'spec', 'replicas') ?? 1;
  const problems: readonly (readonly [boolean, string, unknown, string])[] = [
    [
      !isFields(selector) || selectorText(selector) === '',
      'spec.selector',
      selector,
      'empty selector is invalid',
    ],
    [
      !selectorOf(selector)(labels),
      'spec.template.metadata.labels',
      labels,
      '`selector` does not match template `labels`',
    ],
    [replicas < 0, 'spec.replicas', replicas, 'must be greater than or equal to 0'],
  ];
  return problems
    .filter(([isWrong]) => isWrong)
    .map(([, field, value, text]) =>
      cause('Invalid', field, `Invalid value: ${JSON.stringify(value)}: ${text}`),
    );
}

const checks: Readonly<Record<string, (object: KubeObject) => readonly Cause[]>> = {
  Pod: (object) =>
    listAt(object, 'spec', 'containers').length > 0
      ? []
      : [cause('Required', 'spec.containers', 'Required value')],
  Deployment: checkSelector,
  ReplicaSet: checkSelector,
  StatefulSet: checkSelector,
  CustomResourceDefinition: checkDefinition,
};
