import type { Node, Pod } from '@kaito-ts/kube-runtime';
import { describe, expect, test } from 'vitest';
import { node, now, pod, type PodParts } from './builders.test.data.ts';
import { judgeReadiness, type Readiness } from './readiness.ts';

const revision = 'r1';

function judged(status: object, nodes: readonly Node[] = [node('gpu-1')]): Readiness {
  return judgeReadiness({
    workloadObject: 'Deployment/phi',
    workload: undefined,
    pods: [pod('phi-a', { revision, node: 'gpu-1', status })],
    revision,
    wantedPods: 1,
    now,
    nodes,
  });
}

const startedAt = '2026-01-01T00:00:10Z';
const running = { name: 'phi', ready: false, started: true, state: { running: { startedAt } } };
const notReadySince = (time: string): object => ({
  conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: time }],
  containerStatuses: [running],
});

describe('a pod that is not ready', () => {
  test('is silent when it was ready in this life of its container', () => {
    expect(judged(notReadySince('2026-01-01T00:05:00Z')).cause).toMatchObject({
      reason: 'RuntimeHung',
      object: 'Pod/phi-a',
    });
  });

  test('is on its way when it was not ready yet', () => {
    expect(judged(notReadySince('2026-01-01T00:00:01Z')).cause).toMatchObject({
      reason: 'WorkspaceInferenceStatusPending',
      cause: 'is loading the model on Node/gpu-1',
    });
  });

  test.each([
    ['gone', [], 'NodeGone'],
    ['not ready', [node('gpu-1', { ready: false })], 'NodeNotReady'],
  ])('is not to blame when its node is %s', (_how, nodes, reason) => {
    const status = notReadySince('2026-01-01T00:05:00Z');
    expect(judged(status, nodes).cause).toMatchObject({ reason, object: 'Node/gpu-1' });
  });
});

test('a new revision that cannot start is told as its own fault, with the one that still serves', () => {
  const waiting = { reason: 'ErrImagePull', message: 'docker.io/x: not found' };
  const broken = { containerStatuses: [{ name: 'phi', image: 'x', ready: false, state: { waiting } }] };
  const { cause } = judgeReadiness({
    workloadObject: 'Deployment/phi',
    workload: undefined,
    pods: [
      pod('phi-old', { revision: 'r0', node: 'gpu-1', ready: true }),
      pod('phi-new', { revision, node: 'gpu-1', status: broken }),
    ],
    revision,
    wantedPods: 1,
    now,
  });
  expect(cause).toMatchObject({ reason: 'ImageNotFound', object: 'Pod/phi-new' });
  expect(cause?.cause).toMatch(/: not found \(revision r0 still serves\)$/);
});

const refusals: readonly (readonly [reason: string, message: string])[] = [
  [
    'NamespaceQuotaExceeded',
    'pods "phi-x" is forbidden: exceeded quota: team, requested: pods=1, used: pods=4, limited: pods=4',
  ],
  ['PodSecurityViolated', 'pods "phi-x" is forbidden: violates PodSecurity "restricted:latest": privileged'],
  [
    'LimitRangeViolated',
    'pods "phi-x" is forbidden: maximum memory usage per Container is 64Mi, but limit is 128Mi',
  ],
  [
    'LimitRangeViolated',
    'Pod "phi-x" is invalid: spec.containers[0].resources.requests: Invalid value: "107Mi": must be less than or equal to memory limit of 80Mi',
  ],
  [
    'ServiceAccountNotFound',
    'pods "phi-" is forbidden: error looking up service account a/b: serviceaccount "b" not found',
  ],
  ['AdmissionDenied', 'admission webhook "gate.example.com" denied the request: no'],
  [
    'WebhookUnavailable',
    'Internal error occurred: failed calling webhook "gate.example.com": connection refused',
  ],
  ['PodsRefused', 'something new'],
];

test.each(refusals)('pods that are not made: %s', (reason, message) => {
  const workload = {
    metadata: { name: 'phi' },
    status: { conditions: [{ type: 'ReplicaFailure', status: 'True', message }] },
  } as unknown as Parameters<typeof judgeReadiness>[0]['workload'];
  const pods: readonly Pod[] = [];
  const { cause } = judgeReadiness({
    workloadObject: 'Deployment/phi',
    workload,
    pods,
    revision,
    wantedPods: 1,
    now,
  });
  expect(cause).toMatchObject({
    reason,
    object: 'Deployment/phi',
    cause: `its pods are refused: ${message}`,
  });
});

describe('a new revision beside one that was told to end', () => {
  const handedOver = (secondsAgo: number, older: PodParts = {}): Readiness =>
    judgeReadiness({
      workloadObject: 'Deployment/phi',
      workload: undefined,
      pods: [
        pod('phi-new', { revision, node: 'gpu-1', ready: true }),
        pod('phi-old', { revision: 'r0', node: 'gpu-1', ready: true, toldToEnd: secondsAgo, ...older }),
      ],
      revision,
      wantedPods: 1,
      now,
    });

  test('is not all that answers for a moment, and the operator looks again after it', () => {
    expect(handedOver(1)).toMatchObject({
      cause: {
        reason: 'RolloutInProgress',
        cause: 'Pod/phi-old is ending beside revision r1, which is ready',
      },
      recheckMilliseconds: 2000,
    });
  });

  test.each([
    ['has had its moment', 3, {}],
    ['does not answer any more', 0, { ready: false }],
    ['is of the same revision', 0, { revision }],
  ])('is ready when the other %s', (_which, secondsAgo, older) => {
    expect(handedOver(secondsAgo, older)).toEqual(expect.objectContaining({ cause: undefined }));
    expect(handedOver(secondsAgo, older).recheckMilliseconds).toBeUndefined();
  });
});
