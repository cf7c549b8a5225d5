import type { Deployment, KubeObject } from '@kaito-ts/kube-runtime';
import { shareStructure } from '@kaito-ts/kube-runtime';
import { describe, expect, test } from 'vitest';
import { bringsNews, changedParts, changesOnly } from './news.ts';
import { slimOwned } from './slimming.ts';

const deployment = {
  metadata: {
    name: 'phi',
    namespace: 'demo',
    resourceVersion: '1',
    labels: { app: 'phi' },
    ownerReferences: [
      { apiVersion: 'kaito.sh/v1beta1', kind: 'Workspace', name: 'phi', uid: 'u', controller: true },
    ],
  },
  spec: { replicas: 1 },
  status: { replicas: 0 },
} as unknown as Deployment;

const failure = { type: 'ReplicaFailure', status: 'True', message: 'exceeded quota' };

/** As a cache keeps two versions one after the other. */
function updated(change: (object: Deployment) => object): {
  type: 'updated';
  object: KubeObject;
  previous: KubeObject;
} {
  const previous = slimOwned(structuredClone(deployment));
  const later = change(structuredClone(deployment)) as Deployment;
  const object = slimOwned({ ...later, metadata: { ...later.metadata, resourceVersion: '2' } });
  return { type: 'updated', previous, object: shareStructure(previous, object) };
}

describe('an update of a Deployment', () => {
  test.each<readonly [string, (object: Deployment) => object, readonly string[]]>([
    ['of its version', (object) => object, []],
    ['of its counts', (object) => ({ ...object, status: { replicas: 1, readyReplicas: 1 } }), []],
    [
      'of its counts while it is emptied',
      (object) => ({ ...object, spec: { replicas: 0 }, status: { observedGeneration: 2, replicas: 1 } }),
      ['spec', 'status'],
    ],
    [
      'that tells of refused pods',
      (object) => ({ ...object, status: { conditions: [failure] } }),
      ['status'],
    ],
    ['of its spec', (object) => ({ ...object, spec: { replicas: 2 } }), ['spec']],
    [
      'of its labels',
      (object) => ({ ...object, metadata: { ...object.metadata, labels: {} } }),
      ['metadata.labels'],
    ],
  ])('%s', (_what, change, parts) => {
    expect(changedParts(updated(change))).toEqual(parts);
    expect(bringsNews(updated(change))).toBe(parts.length > 0);
  });
});

test('an object that comes or goes is news', () => {
  expect(bringsNews({ type: 'added', object: deployment })).toBe(true);
  expect(bringsNews({ type: 'deleted', object: deployment })).toBe(true);
});

function refused(object: Deployment): object {
  return { ...object, status: { conditions: [failure] } };
}

test('what changes a status alone is told from what a user changed with it', () => {
  expect(changesOnly('status', updated(refused))).toBe(true);
  expect(
    changesOnly(
      'status',
      updated((object) => ({ ...refused(object), spec: { replicas: 2 } })),
    ),
  ).toBe(false);
  expect(changesOnly('status', { type: 'added', object: deployment })).toBe(false);
});
