import { requirementsOf } from '../api/selectors.ts';
import { valueAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { definitions } from '../schema/schema.ts';
import { checkBuiltIn } from './checks.ts';
import { columnsOf } from './columns.ts';
import { preparations } from './prepare.ts';
import { served, type ScalePaths, type Served } from './resource.ts';

const scale: ScalePaths = {
  specReplicas: ['spec', 'replicas'],
  statusReplicas: ['status', 'replicas'],
  selector: selectorText,
};
const workload = { hasStatus: true, hasGeneration: true, categories: ['all'] };
const eventFields = ['kind', 'namespace', 'name', 'uid', 'fieldPath'].map(
  (field) => `involvedObject.${field}`,
);

/** The built-in kinds by the name of their definition. */
const rows: Readonly<Record<string, Partial<Served>>> = {
  'io.k8s.api.core.v1.Namespace': { namespaced: false, shortNames: ['ns'], hasStatus: true },
  'io.k8s.api.core.v1.Node': { namespaced: false, shortNames: ['no'], hasStatus: true, keepsStatus: true },
  'io.k8s.api.core.v1.Pod': {
    ...workload,
    shortNames: ['po'],
    selectableFields: ['spec.nodeName', 'spec.restartPolicy', 'status.phase', 'status.podIP'],
  },
  'io.k8s.api.core.v1.Service': { shortNames: ['svc'], hasStatus: true, categories: ['all'] },
  'io.k8s.api.core.v1.ConfigMap': { shortNames: ['cm'] },
  'io.k8s.api.core.v1.Secret': { selectableFields: ['type'] },
  'io.k8s.api.core.v1.Event': {
    shortNames: ['ev'],
    selectableFields: [...eventFields, 'reason', 'type'],
  },
  'io.k8s.api.apps.v1.Deployment': { ...workload, shortNames: ['deploy'], scale },
  'io.k8s.api.apps.v1.ReplicaSet': { ...workload, shortNames: ['rs'], scale },
  'io.k8s.api.apps.v1.StatefulSet': { ...workload, shortNames: ['sts'], scale },
  'io.k8s.api.batch.v1.Job': workload,
  'io.k8s.api.coordination.v1.Lease': { group: 'coordination.k8s.io' },
  'io.k8s.api.discovery.v1.EndpointSlice': { group: 'discovery.k8s.io', hasGeneration: true },
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition': {
    ...workload,
    group: 'apiextensions.k8s.io',
    namespaced: false,
    shortNames: ['crd'],
    categories: ['api-extensions'],
  },
};

/** A workload's selector as the scale subresource writes it. */
function selectorText(object: KubeObject): string {
  const parts = requirementsOf(valueAt(object, 'spec', 'selector')).map(({ key, operator, values = [] }) => {
    if (values.length === 0) return operator === 'Exists' ? key : `!${key}`;
    const isEqual = operator === 'In' && values.length === 1;
    return isEqual ? `${key}=${values[0]}` : `${key} ${operator.toLowerCase()} (${values.join(',')})`;
  });
  return parts.join(',');
}

export function builtInResources(): readonly Served[] {
  return Object.entries(rows).map(([definition, row]) => {
    const [group = '', version = '', kind = ''] = definition.split('.').slice(-3);
    if (!definitions[definition]) throw new Error(`no schema for ${definition}`);
    return served({
      group: group === 'core' ? '' : group,
      version,
      kind,
      plural: `${kind.toLowerCase()}s`,
      singular: kind.toLowerCase(),
      listKind: `${kind}List`,
      namespaced: true,
      shortNames: [],
      categories: [],
      schema: { $ref: definition },
      columns: columnsOf(kind),
      isCustom: false,
      isStored: true,
      hasStatus: false,
      prepare: preparations[kind],
      check: checkBuiltIn,
      ...row,
    });
  });
}
