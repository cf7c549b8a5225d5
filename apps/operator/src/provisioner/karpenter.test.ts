import type { Observation } from '../plan/observation.ts';
import type { Held } from './infrastructure.test.data.ts';
import { describe, expect, test } from 'vitest';
import { condition, pod } from '../plan/builders.test.data.ts';
import {
  buying,
  claim,
  hold,
  instanceType,
  karpenter,
  late,
  ownNode,
  planOf,
  pool,
  release,
  stepNames,
} from './infrastructure.test.data.ts';
import { alternativeNodePoolName } from './names.ts';

interface Row {
  readonly what: string;
  readonly held?: Held;
  readonly seen?: Partial<Observation> & { readonly at?: string };
  readonly steps: readonly string[];
  readonly reason?: string;
}

const held = { workspace: buying({ held: true }) };
const large = { inference: { preset: { name: 'large' } } };
const alternative = alternativeNodePoolName('demo', 'phi');
const no = { type: 'Ready', status: 'False', reason: 'X', message: 'no subnet' };

const rows: readonly Row[] = [
  {
    what: 'nothing bought: the finalizer first, then the pool',
    steps: [hold, 'create NodePool/demo-phi'],
    reason: 'NodeClaimNotReady',
  },
  {
    what: 'the pool is there: wait',
    held: { pools: [pool('demo-phi')] },
    seen: held,
    steps: [],
    reason: 'NodeClaimNotReady',
  },
  {
    what: 'upstream’s name is another’s: the alternative',
    held: { foreign: [pool('demo-phi', { owner: 'other' })] },
    steps: [hold, `create NodePool/${alternative}`],
  },
  {
    what: 'both names are another’s: told',
    held: { foreign: [pool('demo-phi', { owner: 'a' }), pool(alternative, { owner: 'b' })] },
    steps: [],
    reason: 'NodePoolConflict',
  },
  {
    what: 'no NodeClass: told, and nothing is ordered',
    held: { classes: [] },
    steps: [],
    reason: 'NodeClassNotFound',
  },
  {
    what: 'a NodeClass that is not ready: told',
    held: { classes: [{ metadata: { name: 'ubuntu' }, status: { conditions: [no] } }] },
    steps: [],
    reason: 'NodeClassNotReady',
  },
  {
    what: 'a NodeClass outside the flag: the API rule',
    seen: { workspace: buying({ annotations: { 'kaito.sh/node-class-name': 'mine' } }) },
    steps: [],
    reason: 'SpecInvalid',
  },
  {
    what: 'more nodes wanted: up at once',
    held: { pools: [pool('demo-phi', { replicas: 1 })] },
    seen: { workspace: buying({ ...large, held: true }) },
    steps: ['scale NodePool/demo-phi'],
  },
  {
    what: 'fewer nodes wanted and no pods: down',
    held: { pools: [pool('demo-phi', { replicas: 3 })] },
    seen: held,
    steps: ['scale NodePool/demo-phi'],
  },
  {
    what: 'another instance type in the pool: told',
    held: { pools: [pool('demo-phi', { instanceType: 'Standard_NC48ads_A100_v4' })] },
    seen: held,
    steps: [],
    reason: 'NodePoolMismatch',
  },
  {
    what: 'a pool without replicas: Karpenter is too old',
    held: { pools: [pool('demo-phi', { replicas: undefined })] },
    seen: held,
    steps: [],
    reason: 'StaticCapacityMissing',
  },
  {
    what: 'a pool on its way out: its successor waits',
    held: { pools: [pool('demo-phi', { terminating: true })] },
    seen: held,
    steps: [],
    reason: 'NodeClaimTerminating',
  },
  {
    what: 'a pool that Karpenter refuses',
    held: { pools: [pool('demo-phi', { ready: no })] },
    seen: held,
    steps: [],
    reason: 'NodePoolNotReady',
  },
  {
    what: 'no claim for an hour: does Karpenter run?',
    held: { pools: [pool('demo-phi')] },
    seen: { ...held, at: late },
    steps: [],
    reason: 'NodeClaimTimedOut',
  },
  {
    what: 'the cloud has none',
    held: {
      pools: [pool('demo-phi')],
      claims: [
        claim('c', {
          condition: {
            type: 'Launched',
            status: 'False',
            reason: 'LaunchFailed',
            message: 'insufficient capacity',
          },
        }),
      ],
    },
    seen: held,
    steps: [],
    reason: 'InsufficientCapacity',
  },
  {
    what: 'a node that was given with the labels: nothing is bought',
    seen: { nodes: [ownNode('mine', { given: true })] },
    steps: ['apply Service/phi', 'apply Deployment/phi'],
    reason: 'NodesReady',
  },
  {
    what: 'a given node, and the GPU provisioner’s claim from before: still held',
    held: { legacy: [claim('ws3f0a91c2e')] },
    seen: { ...held, nodes: [ownNode('mine', { given: true })] },
    steps: ['apply Service/phi', 'apply Deployment/phi'],
  },
  {
    what: 'the GPU provisioner’s machine from before stays while a pod waits for a node',
    held: { pools: [pool('demo-phi')], legacy: [claim('ws3f0a91c2e', { node: 'old' })] },
    seen: { ...held, pods: [pod('phi-0', { node: 'old', ready: true })] },
    steps: [],
  },
  {
    what: 'and goes when none is needed on it',
    held: { pools: [pool('demo-phi')], legacy: [claim('ws3f0a91c2e', { node: 'old' })] },
    seen: held,
    steps: ['delete NodeClaim/ws3f0a91c2e'],
  },
  {
    what: 'nothing bought any more: let go',
    seen: { ...held, nodes: [ownNode('mine', { given: true })] },
    steps: ['apply Service/phi', 'apply Deployment/phi', release],
  },
];

const anyReason: unknown = expect.any(String);

describe('what Karpenter is asked for', () => {
  test.each(rows)('$what', ({ held: there = {}, seen = {}, steps, reason = anyReason }) => {
    const plan = planOf(karpenter, there, seen);
    expect(stepNames(plan)).toEqual(steps);
    const nodes = condition(plan, 'NodesReady');
    expect(nodes?.reason).toEqual(reason);
  });

  test('is upstream’s pool', () => {
    const workspace = buying({
      resource: {
        labelSelector: {
          matchLabels: { apps: 'x', 'kaito.sh/workspace': 'forged' },
          matchExpressions: [
            { key: 'team', operator: 'In', values: ['a'] },
            { key: 'topology.kubernetes.io/zone', operator: 'In', values: ['1', '2'] },
          ],
        },
      },
    });
    const [, create] = planOf(karpenter, {}, { workspace }).steps;
    const ownership = {
      'karpenter.kaito.sh/workspace-name': 'phi',
      'karpenter.kaito.sh/workspace-namespace': 'demo',
    };
    expect(create).toMatchObject({
      object: {
        metadata: { labels: { 'karpenter.kaito.sh/managed-by': 'kaito', ...ownership } },
        spec: {
          replicas: 1,
          template: {
            metadata: { labels: { apps: 'x', team: 'a', ...ownership } },
            spec: {
              nodeClassRef: { group: 'karpenter.azure.com', kind: 'AKSNodeClass', name: 'ubuntu' },
              requirements: [
                { key: 'node.kubernetes.io/instance-type', operator: 'In', values: [instanceType] },
                { key: 'karpenter.azure.com/placement-scope', operator: 'In', values: ['regional'] },
                { key: 'topology.kubernetes.io/zone', operator: 'In', values: ['1', '2'] },
              ],
              taints: [{ key: 'sku', value: 'gpu', effect: 'NoSchedule' }],
            },
          },
          disruption: { consolidateAfter: '0s', budgets: [{ nodes: '1', reasons: ['Drifted'] }] },
        },
      },
    });
    expect(JSON.stringify(create)).not.toContain('forged');
  });

  test('another NodeClass than the pool’s is a warning', () => {
    const plan = planOf(
      karpenter,
      { pools: [pool('demo-phi', { nodeClass: 'azl' })], claims: [claim('c', { ready: true, node: 'n1' })] },
      { ...held, nodes: [ownNode('n1')] },
    );
    expect(condition(plan, 'NodesReady')?.message).toContain(
      'NodePool/demo-phi uses the NodeClass azl, not ubuntu',
    );
  });

  test('pods go to nodes of their own only', () => {
    const plan = planOf(
      karpenter,
      { pools: [pool('demo-phi')], claims: [claim('c', { ready: true, node: 'n1' })] },
      { ...held, nodes: [ownNode('n1')] },
    );
    expect(JSON.stringify(plan.steps)).toContain(
      '{"key":"karpenter.kaito.sh/workspace-name","operator":"In","values":["phi"]}',
    );
  });
});
