import { matchesAll, requirementsOf } from '../api/selectors.ts';
import { equal, fieldsAt, numberAt, valueAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { cause, type Cause } from '../status.ts';
import { checkDefinition } from './custom.ts';

/** Fields that nothing here acts on, with the one value that is the same as doing nothing. */
const inert: Readonly<Record<string, unknown>> = {
  'spec.minReadySeconds': 0,
  'spec.paused': false,
  'spec.progressDeadlineSeconds': 600,
  'spec.ordinals.start': 0,
  'spec.updateStrategy.rollingUpdate.partition': 0,
  'spec.updateStrategy.rollingUpdate.maxUnavailable': 1,
  'spec.volumeClaimTemplates': undefined,
  'spec.parallelism': 1,
  'spec.completions': 1,
  'spec.suspend': false,
  'spec.completionMode': 'NonIndexed',
  'spec.activeDeadlineSeconds': undefined,
  'spec.ttlSecondsAfterFinished': undefined,
  'spec.podFailurePolicy': undefined,
  'spec.successPolicy': undefined,
  'spec.externalName': undefined,
  'spec.sessionAffinity': 'None',
  'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution': undefined,
  'spec.topologySpreadConstraints': undefined,
  'spec.schedulingGates': undefined,
  'spec.resourceClaims': undefined,
  'spec.overhead': undefined,
};

/** Fields that stay as they were first set, by kind. */
const fixedFields: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec.nodeName'],
  Deployment: ['spec.selector'],
  ReplicaSet: ['spec.selector'],
  StatefulSet: ['spec.selector', 'spec.serviceName', 'spec.podManagementPolicy'],
  Job: ['spec.selector', 'spec.template'],
};

/** What an API server refuses of a built-in kind beyond the schema, and what local-cluster does not do. */
export function checkBuiltIn(object: KubeObject, previous: KubeObject | undefined): readonly Cause[] {
  const own = checks[object.kind]?.(object) ?? [];
  const inTemplate = checkPart(valueAt(object, 'spec', 'template'), 'spec.template.');
  return [...own, ...checkPart(object), ...inTemplate, ...changed(object, previous)];
}

/** An object, or the template of pods in it. */
function checkPart(part: unknown, prefix = ''): Cause[] {
  const unsupported = Object.entries(inert).flatMap(([field, only]) => {
    const value = valueAt(part, ...field.split('.'));
    if (value === undefined || equal(value, only)) return [];
    const instead = only === undefined ? 'leave it out' : `only ${JSON.stringify(only)} is`;
    return [cause('Forbidden', `${prefix}${field}`, `not implemented by local-cluster, ${instead}`)];
  });
  const isEmpty = equal(valueAt(part, 'spec', 'containers'), []);
  return isEmpty ? [...unsupported, cause('Required', `${prefix}spec.containers`, '')] : unsupported;
}

function changed(object: KubeObject, previous: KubeObject | undefined): Cause[] {
  const isImmutable = previous?.['immutable'] === true;
  const fixed = isImmutable ? ['data', 'immutable'] : (fixedFields[object.kind] ?? []);
  return fixed.flatMap((field) => {
    const [before, after] = [previous, object].map((each) => valueAt(each, ...field.split('.')));
    if (before === undefined || equal(before, after)) return [];
    return [cause('Invalid', field, `${JSON.stringify(after)}: field is immutable`)];
  });
}

function checkSelector(object: KubeObject): Cause[] {
  const requirements = requirementsOf(valueAt(object, 'spec', 'selector'));
  const labels = fieldsAt(object, 'spec', 'template', 'metadata', 'labels') as Record<string, string>;
  const replicas = numberAt(object, 'spec', 'replicas') ?? 1;
  const causes: Cause[] = [];
  if (requirements.length === 0) causes.push(cause('Invalid', 'spec.selector', 'empty selector is invalid'));
  if (!matchesAll(requirements, labels)) {
    const problem = `${JSON.stringify(labels)}: \`selector\` does not match template \`labels\``;
    causes.push(cause('Invalid', 'spec.template.metadata.labels', problem));
  }
  if (replicas < 0)
    causes.push(cause('Invalid', 'spec.replicas', `${replicas}: must be greater than or equal to 0`));
  return causes;
}

const checks: Readonly<Record<string, (object: KubeObject) => readonly Cause[]>> = {
  Deployment: checkSelector,
  ReplicaSet: checkSelector,
  StatefulSet: checkSelector,
  CustomResourceDefinition: checkDefinition,
};
