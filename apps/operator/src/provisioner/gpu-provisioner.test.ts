import type { Observation } from '../plan/observation.ts';
import type { Held } from './infrastructure.test.data.ts';
import { describe, expect, test } from 'vitest';
import { condition, observation, pod, settings, workspaceUid } from '../plan/builders.test.data.ts';
import { planRefusal } from '../plan/plan.ts';
import {
  buying,
  claim,
  gpu,
  hold,
  infrastructure,
  instanceType,
  late,
  ordinalName,
  ownNode,
  planOf,
  release,
  soon,
  stepNames,
} from './infrastructure.test.data.ts';

const large = { inference: { preset: { name: 'large' } } };
const first = ordinalName(0);
const second = ordinalName(1);

interface Row {
  readonly what: string;
  readonly held?: Held;
  readonly seen?: Partial<Observation> & { readonly at?: string };
  readonly steps: readonly string[];
  /** Reason of NodesReady. */
  readonly reason?: string;
}

const launching = { type: 'Launched', status: 'Unknown', reason: 'AwaitingReconciliation' };
const losses = {
  count: 1,
  lastAt: Date.parse('2026-01-01T00:00:58Z'),
  last: {
    reason: 'NodeClaimLost',
    object: 'NodeClaim/x',
    cause: 'was lost',
    nextStep: 'wait',
    severity: 'failed',
  },
} as const;

const upstreamSet = {
  metadata: {
    name: 'phi',
    namespace: 'demo',
    ownerReferences: [
      {
        apiVersion: 'kaito.sh/v1beta1',
        kind: 'Workspace',
        name: 'phi',
        uid: workspaceUid,
        controller: true,
      },
    ],
  },
  spec: { replicas: 1 },
} as unknown as NonNullable<Observation['statefulSet']>;

const rows: readonly Row[] = [
  {
    what: 'nothing bought: the finalizer first, then the claim',
    steps: [hold, `create NodeClaim/${first}`],
    reason: 'NodeClaimNotReady',
  },
  {
    what: 'two nodes wanted: two claims',
    seen: { workspace: buying({ ...large, held: true }) },
    steps: [`create NodeClaim/${first}`, `create NodeClaim/${second}`],
  },
  {
    what: 'killed after the first of two: only the second is ordered',
    held: { claims: [claim(first)] },
    seen: { workspace: buying({ ...large, held: true }) },
    steps: [`create NodeClaim/${second}`],
  },
  {
    what: 'killed after the second, the first is gone since: the first again',
    held: { claims: [claim(second)] },
    seen: { workspace: buying({ ...large, held: true }) },
    steps: [`create NodeClaim/${first}`],
  },
  {
    what: "a claim of upstream's, with a random name: counted",
    held: { claims: [claim('ws3f0a91c2e')] },
    seen: { workspace: buying({ held: true }) },
    steps: [],
    reason: 'NodeClaimNotReady',
  },
  {
    what: 'a claim without the finalizer on the Workspace: held from now on',
    held: { claims: [claim(first)] },
    steps: [hold],
  },
  {
    what: 'the name belongs to somebody else: the next one',
    held: { foreign: [claim(first, { labels: {} })] },
    seen: { workspace: buying({ held: true }) },
    steps: [`create NodeClaim/${second}`],
  },
  {
    what: 'the machine before is going away: its successor waits',
    held: { claims: [claim(first, { terminating: true })] },
    seen: { workspace: buying({ held: true }) },
    steps: [],
    reason: 'NodeClaimTerminating',
  },
  {
    what: 'a claim was lost a moment ago: a pause, and why',
    held: { losses },
    seen: { workspace: buying({ held: true }) },
    steps: [],
    reason: 'NodeClaimLost',
  },
  {
    what: 'a claim was lost long ago: ordered again, and still told',
    held: { losses },
    seen: { workspace: buying({ held: true }), at: late },
    steps: [`create NodeClaim/${first}`],
    reason: 'NodeClaimLost',
  },
  {
    what: 'no node in time: away with it',
    held: { claims: [claim(first, { condition: launching })] },
    seen: { workspace: buying({ held: true }), at: late },
    steps: [`delete NodeClaim/${first}`],
    reason: 'NodeClaimTimedOut',
  },
  {
    what: 'a node that joined but is not ready in time: kept and told',
    held: { claims: [claim(first, { registered: true, node: 'n1' })] },
    seen: { workspace: buying({ held: true }), at: late },
    steps: [],
    reason: 'NodeClaimTimedOut',
  },
  {
    what: 'the node is there without its GPUs',
    held: { claims: [claim(first, { ready: true, node: 'n1' })] },
    seen: { workspace: buying({ held: true }), nodes: [ownNode('n1', { gpus: 0 })] },
    steps: [],
    reason: 'NodePluginsNotReady',
  },
  {
    what: 'the node is there: the workload',
    held: { claims: [claim(first, { ready: true, node: 'n1' })] },
    seen: { workspace: buying({ held: true }), nodes: [ownNode('n1')] },
    steps: ['apply Service/phi', 'apply Deployment/phi'],
    reason: 'NodesReady',
  },
  {
    what: 'a node that was given with the labels: nothing is bought, nothing is held',
    seen: { nodes: [ownNode('mine', { given: true })] },
    steps: ['apply Service/phi', 'apply Deployment/phi'],
    reason: 'NodesReady',
  },
  {
    what: 'a given node makes the finalizer needless',
    seen: { workspace: buying({ held: true }), nodes: [ownNode('mine', { given: true })] },
    steps: ['apply Service/phi', 'apply Deployment/phi', release],
  },
  {
    what: 'one more than wanted, before there is a workload: the one without a node goes',
    held: { claims: [claim(first, { ready: true, node: 'n1' }), claim(second)] },
    seen: { workspace: buying({ held: true }), nodes: [ownNode('n1')] },
    steps: ['apply Service/phi', 'apply Deployment/phi', `delete NodeClaim/${second}`],
  },
  {
    what: 'one more than wanted, and a pod waits for a node: none goes',
    held: { claims: [claim(first, { ready: true, node: 'n1' }), claim(second, { ready: true, node: 'n2' })] },
    seen: {
      workspace: buying({ held: true }),
      nodes: [ownNode('n1'), ownNode('n2')],
      pods: [pod('phi-0')],
    },
    steps: ['apply Service/phi', 'apply Deployment/phi'],
  },
  {
    what: "upstream's workload on upstream's claim: remembered, left as it is, nothing bought",
    held: { claims: [claim('ws3f0a91c2e', { ready: true, node: 'n1' })] },
    seen: {
      workspace: buying({ held: true }),
      nodes: [ownNode('n1')],
      statefulSet: upstreamSet,
      pods: [pod('phi-0', { ready: true, node: 'n1' })],
    },
    steps: ['annotate StatefulSet/phi'],
    reason: 'NodesReady',
  },
  {
    what: 'the kinds are missing: nothing is done',
    held: { unavailable: { because: 'not installed: nodeclaims.karpenter.sh', absent: true } },
    steps: [],
    reason: 'NodeProvisionerMissing',
  },
];

const anyReason: unknown = expect.any(String);

describe('what the GPU provisioner is asked for', () => {
  test.each(rows)('$what', ({ held = {}, seen = {}, steps, reason = anyReason }) => {
    const plan = planOf(gpu, held, seen);
    expect(stepNames(plan)).toEqual(steps);
    expect(condition(plan, 'NodesReady')?.reason).toEqual(reason);
  });

  test('is upstream’s claim', () => {
    const [, create] = planOf(gpu, {}).steps;
    expect(create).toMatchObject({
      object: {
        metadata: {
          labels: {
            'karpenter.sh/nodepool': 'kaito',
            'kaito.sh/workspace': 'phi',
            'kaito.sh/workspacenamespace': 'demo',
            apps: 'gpu-test',
          },
          annotations: { 'karpenter.sh/do-not-disrupt': 'true', 'kaito.sh/node-image-family': 'ubuntu' },
        },
        spec: {
          nodeClassRef: { group: 'kaito.sh', kind: 'KaitoNodeClass', name: 'default' },
          requirements: [
            { key: 'karpenter.sh/nodepool', operator: 'In', values: ['kaito'] },
            { key: 'node.kubernetes.io/instance-type', operator: 'In', values: [instanceType] },
            { key: 'kubernetes.io/os', operator: 'In', values: ['linux'] },
            { key: 'karpenter.azure.com/sku-name', operator: 'In', values: [instanceType] },
          ],
          resources: { requests: { storage: '88Gi' } },
          taints: [{ key: 'sku', value: 'gpu', effect: 'NoSchedule' }],
        },
      },
    });
  });

  test('an order that the API server refuses is the first cause', () => {
    const cause = {
      reason: 'ReconcileFailed',
      object: `NodeClaim/${first}`,
      cause: 'the API server refused it: spec.requirements: Invalid value',
      nextStep: 'mend it',
      severity: 'failed',
    } as const;
    const seen = observation({ workspace: buying(), nodes: [], infrastructure: infrastructure() });
    const failure = { cause, now: soon, ordering: true };
    const plan = planRefusal(seen, settings({ provisioner: gpu }), failure);
    expect(plan.steps).toEqual([]);
    expect(condition(plan, 'NodesReady')).toMatchObject({
      reason: 'NodeClaimRefused',
      message: `NodeClaim/${first}: the API server refused it: spec.requirements: Invalid value; next: mend it`,
    });
  });

  test('looks again when a claim becomes too old', () => {
    const held = { claims: [claim(first, { condition: launching })] };
    const plan = planOf(gpu, held, { workspace: buying({ held: true }) });
    expect(plan.recheckMilliseconds).toBe(1_741_000);
    expect(condition(plan, 'NodeClaimReady')?.message).toBe(
      `NodeClaim/${first}: waits to be Launched since 2026-01-01T00:00:00Z: AwaitingReconciliation; next: wait`,
    );
  });
});
