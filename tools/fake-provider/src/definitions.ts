import type { CustomResourceDefinition, ResourceKind } from '@kaito-ts/kube-runtime';
import { nodeClaims, nodeClassKinds, nodePools } from './kinds.ts';

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const texts: Schema = { type: 'array', items: text };
const textMap: Schema = { type: 'object', additionalProperties: text };
const quantities: Schema = {
  type: 'object',
  additionalProperties: { anyOf: [{ type: 'integer' }, text], 'x-kubernetes-int-or-string': true },
};

function object(properties: Schema, required: readonly string[] = []): Schema {
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
}

function list(items: Schema): Schema {
  return { type: 'array', items };
}

const conditions = list(
  object(
    {
      type: text,
      status: { ...text, enum: ['True', 'False', 'Unknown'] },
      reason: { ...text, minLength: 1, pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$' },
      message: text,
      lastTransitionTime: { ...text, format: 'date-time' },
      observedGeneration: { type: 'integer', format: 'int64' },
    },
    ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
  ),
);

const taints = list(object({ key: text, value: text, effect: text }, ['key', 'effect']));

const claimFields = {
  requirements: {
    ...list(
      object(
        {
          key: text,
          operator: { ...text, enum: ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'] },
          values: texts,
          minValues: { type: 'integer' },
        },
        ['key', 'operator'],
      ),
    ),
    maxItems: 100,
  },
  taints,
  startupTaints: taints,
  nodeClassRef: object(
    { group: { ...text, minLength: 1 }, kind: { ...text, minLength: 1 }, name: { ...text, minLength: 1 } },
    ['group', 'kind', 'name'],
  ),
  expireAfter: text,
  terminationGracePeriod: text,
};

const claimSpec: Schema = {
  ...object({ ...claimFields, resources: object({ requests: quantities }) }, [
    'requirements',
    'nodeClassRef',
  ]),
  'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'spec is immutable' }],
};

const poolSpec: Schema = {
  ...object(
    {
      replicas: { type: 'integer', format: 'int64', minimum: 0 },
      weight: { type: 'integer', minimum: 1, maximum: 100 },
      limits: quantities,
      disruption: object({
        consolidateAfter: text,
        consolidationPolicy: text,
        budgets: list(object({ nodes: text, reasons: texts, schedule: text, duration: text }, ['nodes'])),
      }),
      template: object(
        {
          metadata: object({ labels: textMap, annotations: textMap }),
          spec: object(claimFields, ['requirements', 'nodeClassRef']),
        },
        ['spec'],
      ),
    },
    ['template'],
  ),
  'x-kubernetes-validations': [
    {
      rule: 'has(self.replicas) == has(oldSelf.replicas)',
      message: 'a NodePool cannot change between static (replicas) and dynamic',
    },
  ],
};

interface Shape {
  readonly spec: Schema;
  readonly status: Schema;
  readonly shortNames?: readonly string[];
  readonly columns: readonly (readonly [name: string, type: string, jsonPath: string])[];
}

const ready = ['Ready', 'string', '.status.conditions[?(@.type=="Ready")].status'] as const;
const age = ['Age', 'date', '.metadata.creationTimestamp'] as const;

function definition({ group, version, plural, kind }: ResourceKind, shape: Shape): CustomResourceDefinition {
  const { spec, status, shortNames = [], columns } = shape;
  const openAPIV3Schema = object({
    apiVersion: text,
    kind: text,
    metadata: { type: 'object' },
    spec,
    status,
  });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Cluster',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        categories: ['karpenter'],
        shortNames,
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema },
          additionalPrinterColumns: columns.map(([name, type, jsonPath]) => ({ name, type, jsonPath })),
        },
      ],
    },
  };
}

/** Karpenter's kinds in our own words: the fields that KAITO writes or reads, with Karpenter's rules for them. */
export function karpenterDefinitions(): readonly CustomResourceDefinition[] {
  const anything: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return [
    definition(nodePools, {
      spec: poolSpec,
      status: object({ resources: quantities, nodes: { type: 'integer', format: 'int64' }, conditions }),
      columns: [
        ['NodeClass', 'string', '.spec.template.spec.nodeClassRef.name'],
        ['Replicas', 'integer', '.spec.replicas'],
        ['Nodes', 'integer', '.status.nodes'],
        ready,
        age,
      ],
    }),
    definition(nodeClaims, {
      spec: claimSpec,
      status: object({
        providerID: text,
        nodeName: text,
        imageID: text,
        capacity: quantities,
        allocatable: quantities,
        lastPodEventTime: { ...text, format: 'date-time' },
        conditions,
      }),
      columns: [
        ['Type', 'string', '.metadata.labels.node\\.kubernetes\\.io/instance-type'],
        ['Node', 'string', '.status.nodeName'],
        ready,
        age,
      ],
    }),
    ...nodeClassKinds.map((kind) =>
      definition(kind, { spec: anything, status: object({ conditions }), columns: [ready, age] }),
    ),
  ];
}
