import type { StatefulSet } from '@kaito-ts/kube-runtime';
import { describe, expect, test } from 'vitest';
import {
  appliedWorkload,
  condition,
  node,
  now,
  observation,
  pod,
  settings,
  workspace,
  workspaceUid,
} from './builders.test.data.ts';
import type { Observation } from './observation.ts';
import { nameOfStep, type Plan } from './plan-value.ts';
import { planWorkspace } from './plan.ts';

const ownerReferences = [
  {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    name: 'phi',
    uid: workspaceUid,
    controller: true,
    blockOwnerDeletion: true,
  },
];

/** In the form that upstream v0.12 leaves behind for a pod template: ordered, without a Service name. */
const upstreamSet = {
  metadata: {
    name: 'phi',
    namespace: 'demo',
    uid: 'set',
    ownerReferences,
    annotations: { 'workspace.kaito.io/revision': '1' },
  },
  spec: {
    replicas: 1,
    serviceName: '',
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate' },
    selector: { matchLabels: { 'kaito.sh/workspace': 'phi' } },
    template: {
      metadata: { labels: { 'kaito.sh/workspace': 'phi' } },
      spec: { containers: [{ name: 'phi', image: 'upstream:1' }] },
    },
  },
} as unknown as StatefulSet;

const taken: Partial<Observation> = {
  statefulSet: upstreamSet,
  pods: [pod('phi-0', { ready: true, node: 'gpu-1' })],
};

function kinds({ steps }: Plan): string[] {
  return steps.map((step) => `${step.kind} ${nameOfStep(step).split('/')[0]}`);
}

function adopted(): Observation {
  const first = observation(taken);
  const [step] = planWorkspace(first, settings(), now).steps;
  const annotations = step?.kind === 'annotate' ? step.annotations : {};
  const metadata = {
    ...upstreamSet.metadata,
    annotations: { ...upstreamSet.metadata.annotations, ...annotations },
  };
  return { ...first, statefulSet: { ...upstreamSet, metadata } };
}

describe('a StatefulSet that upstream made', () => {
  test('is only noted, and is Ready as it stands', () => {
    const planned = planWorkspace(observation(taken), settings(), now);
    expect(kinds(planned)).toEqual(['annotate StatefulSet']);
    expect(condition(planned, 'InferenceReady')).toMatchObject({ status: 'True' });
  });

  test('is left alone while the Workspace stays as it is', () => {
    expect(planWorkspace(adopted(), settings(), now).steps).toEqual([]);
  });

  test('becomes ours in place when the Workspace changes, with the fields it cannot change kept', () => {
    const changed = workspace({ generation: 2, annotations: { 'kaito.sh/runtime': 'transformers' } });
    const planned = planWorkspace({ ...adopted(), workspace: changed }, settings(), now);
    expect(kinds(planned)).toEqual([
      'claimFields StatefulSet',
      'apply Service',
      'apply Service',
      'apply StatefulSet',
    ]);
    expect(appliedWorkload(planned)?.spec).toMatchObject({
      serviceName: '',
      podManagementPolicy: 'OrderedReady',
    });
    expect(condition(planned, 'InferenceReady')).toMatchObject({ reason: 'RolloutInProgress' });
    expect(condition(planned, 'InferenceReady')?.message).toContain('revision made by upstream still serves');
  });
});

function deleted(set: StatefulSet, pods: Observation['pods']): string[] {
  const planned = planWorkspace(
    observation({ statefulSet: set, pods, nodes: [node('gpu-1', { gpus: 1 })] }),
    settings(),
    now,
  );
  return planned.steps.flatMap((step) => (step.kind === 'delete' ? [step.object.name] : []));
}

describe('pods that their set would not replace', () => {
  const revised = { ...upstreamSet.metadata, annotations: { 'kaito.sh/revision': 'new' } };

  test('a broken pod of an ordered set goes; a ready one waits its turn', () => {
    const set = { ...upstreamSet, metadata: revised };
    expect(deleted(set, [pod('phi-0', { revision: 'old', node: 'gpu-1' })])).toEqual(['phi-0']);
    expect(deleted(set, [pod('phi-0', { revision: 'old', ready: true, node: 'gpu-1' })])).toEqual([]);
  });

  test('all pods of a group go together', () => {
    const spec = {
      ...upstreamSet.spec,
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'OnDelete' },
    };
    const set = { ...upstreamSet, metadata: revised, spec } as StatefulSet;
    const pods = [
      pod('phi-0', { revision: 'old', ready: true, node: 'gpu-1' }),
      pod('phi-1', { revision: 'old', node: 'gpu-1' }),
      pod('phi-2', { revision: 'new', node: 'gpu-1' }),
      pod('phi-3', { revision: 'old', node: 'gpu-1', terminating: true }),
    ];
    expect(deleted(set, pods)).toEqual(['phi-0', 'phi-1']);
  });
});
