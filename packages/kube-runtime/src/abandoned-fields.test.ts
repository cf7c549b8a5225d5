import { expect, it } from 'vitest';
import { firstAbandonedField } from './abandoned-fields.ts';

const owned = {
  'f:metadata': { 'f:labels': { 'f:app': {}, 'f:old': {} }, 'f:finalizers': { '.': {}, 'v:"ours"': {} } },
  'f:spec': {
    'f:containers': {
      'k:{"name":"main"}': {
        '.': {},
        'f:name': {},
        'f:image': {},
        'f:ports': { 'k:{"containerPort":5000,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
      },
    },
  },
};
const desired = {
  metadata: { labels: { app: 'x', old: 'y' }, finalizers: ['ours'] },
  spec: { containers: [{ name: 'main', image: 'v1', ports: [{ containerPort: 5000 }] }] },
};

it('finds nothing when all that was applied is still wanted', () => {
  expect(firstAbandonedField(owned, desired)).toBeUndefined();
});

it.each<[string, object]>([
  ['metadata.labels.old', { ...desired, metadata: { labels: { app: 'x' }, finalizers: ['ours'] } }],
  [
    'metadata.labels.old',
    { ...desired, metadata: { labels: { app: 'x', old: null }, finalizers: ['ours'] } },
  ],
  ['metadata.finalizers["ours"]', { ...desired, metadata: { ...desired.metadata, finalizers: [] } }],
  ['spec.containers[{"name":"main"}]', { ...desired, spec: { containers: [{ name: 'other' }] } }],
  [
    'spec.containers[{"name":"main"}].ports[{"containerPort":5000,"protocol":"TCP"}]',
    { ...desired, spec: { containers: [{ name: 'main', image: 'v1', ports: [] }] } },
  ],
])('finds %s', (path, wanted) => {
  expect(firstAbandonedField(owned, wanted)).toBe(path);
});
