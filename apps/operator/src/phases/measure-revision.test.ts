import type { KubeObject } from '@kaito-ts/kube-runtime';
import { IndexedStore } from '@kaito-ts/kube-runtime';
import { expect, test } from 'vitest';
import { measureRevision } from './measure-revision.ts';

type Measured = Parameters<typeof measureRevision>[1];

const namespace = 'demo';
const annotations = { 'kaito.sh/revision': 'two' };

/** Seconds after noon. */
function at(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 1, 12) + seconds * 1000).toISOString();
}

function conditions(times: Readonly<Record<string, number>>): object {
  return Object.entries(times).map(([type, seconds]) => ({
    type,
    status: 'True',
    lastTransitionTime: at(seconds),
  }));
}

function pod(name: string, revision: string, times: Readonly<Record<string, number>>): KubeObject {
  return {
    metadata: {
      name,
      namespace,
      creationTimestamp: at(0),
      annotations: { 'kaito.sh/revision': revision },
    },
    status: { conditions: conditions(times) },
  } as KubeObject;
}

function cached(...objects: readonly KubeObject[]): object {
  const store = new IndexedStore({ workspace: () => [`${namespace}/phi`] });
  for (const object of objects) store.put(object);
  return { store };
}

test('a revision is measured by its own ready pods and by the claims of its Workspace', () => {
  const claim = {
    metadata: { name: 'claim', creationTimestamp: at(-100) },
    status: { conditions: conditions({ Launched: -40, Ready: -1 }) },
  };
  const watches = {
    deployments: cached({ metadata: { name: 'phi', namespace, annotations } }),
    statefulSets: cached(),
    pods: cached(
      pod('new', 'two', { PodScheduled: 1, Ready: 30 }),
      pod('old', 'one', { PodScheduled: 500, Ready: 900 }),
      pod('starting', 'two', { PodScheduled: 700 }),
    ),
    provisioner: { nodeClaims: cached(claim) },
  } as unknown as Measured;
  expect(measureRevision('demo/phi', watches)).toEqual({
    revision: 'two',
    durations: [
      { phase: 'claim', seconds: 60 },
      { phase: 'node', seconds: 1 },
      { phase: 'first_answer', seconds: 130 },
    ],
  });
});

test('a workload that is not ours is not measured', () => {
  const watches = { deployments: cached(), statefulSets: cached(), pods: cached() } as unknown as Measured;
  expect(measureRevision('demo/phi', watches)).toBeUndefined();
});
