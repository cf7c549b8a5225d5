import type { Fields } from '../json.ts';

const text = { type: 'string' };
const strengthRule = {
  rule: 'double(self) >= 0.0 && double(self) <= 1.0',
  message: 'strength must be between 0 and 1',
};

const schema = {
  type: 'object',
  required: ['spec'],
  properties: {
    apiVersion: text,
    kind: text,
    metadata: { type: 'object' },
    spec: {
      type: 'object',
      'x-kubernetes-validations': [
        {
          rule: '!has(oldSelf.size) || (has(self.size) && self.size == oldSelf.size)',
          message: 'size is immutable',
        },
        {
          rule: '!has(self.replicas) || self.replicas < 5',
          message: 'too many replicas',
          fieldPath: '.replicas',
          reason: 'FieldValueForbidden',
        },
        {
          rule: '!(has(self.extra) && has(self.mode))',
          messageExpression: "'extra and mode: ' + self.extra",
        },
      ],
      properties: {
        size: { ...text, enum: ['small', 'large'] },
        replicas: { type: 'integer', default: 1, minimum: 0, maximum: 9 },
        mode: { ...text, pattern: '^a+$', maxLength: 3 },
        extra: text,
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        labels: { type: 'object', additionalProperties: text },
        port: { 'x-kubernetes-int-or-string': true },
        items: {
          type: 'array',
          maxItems: 4,
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            required: ['name'],
            properties: {
              name: { ...text, minLength: 1 },
              strength: {
                ...text,
                maxLength: 16,
                default: '1.0',
                'x-kubernetes-validations': [strengthRule],
              },
            },
          },
        },
        tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
        plain: { type: 'array', items: text },
      },
    },
    status: {
      type: 'object',
      properties: {
        replicas: { type: 'integer' },
        selector: text,
        conditions: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['type'],
          items: {
            type: 'object',
            required: ['type', 'status'],
            properties: { type: text, status: text, reason: text },
          },
        },
      },
    },
  },
};

const version = {
  served: true,
  subresources: {
    status: {},
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.status.selector',
    },
  },
  additionalPrinterColumns: [
    { name: 'Size', type: 'string', jsonPath: '.spec.size' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Mode', type: 'string', jsonPath: '.spec.mode', priority: 1 },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  schema: { openAPIV3Schema: schema },
};

/** A custom resource with everything that the behaviours ask about. */
export const widgetDefinition: Fields = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.behaviour.test' },
  spec: {
    group: 'behaviour.test',
    scope: 'Namespaced',
    names: {
      plural: 'widgets',
      singular: 'widget',
      kind: 'Widget',
      listKind: 'WidgetList',
      shortNames: ['wd'],
    },
    versions: [
      { name: 'v1beta1', storage: true, ...version },
      { name: 'v1alpha1', storage: false, ...version },
    ],
  },
};

export function widget(name: string, spec: Fields = {}): Fields {
  return { apiVersion: 'behaviour.test/v1beta1', kind: 'Widget', metadata: { name }, spec };
}
