import type { Observation } from './observation.ts';
import type { Held } from '../provisioner/infrastructure.test.data.ts';
import type { NodeProvisioner } from '../provisioner/provisioner.ts';
import { describe, expect, test } from 'vitest';
import {
  buying,
  claim,
  gpu,
  karpenter,
  ownNode,
  planOf,
  pool,
  release,
  soon,
  stepNames,
} from '../provisioner/infrastructure.test.data.ts';
import { byoProvisioner } from '../provisioner/byo.ts';
import { condition, node, pod, workspaceUid } from './builders.test.data.ts';

const going = buying({ held: true, deletionTimestamp: soon });
const owner = { apiVersion: 'kaito.sh/v1beta1', kind: 'Workspace', name: 'phi', uid: workspaceUid };
const deployment = {
  metadata: {
    name: 'phi',
    namespace: 'demo',
    uid: 'uid-deployment',
    generation: 2,
    ownerReferences: [{ ...owner, controller: true }],
  },
} as NonNullable<Observation['deployment']>;
const emptied = {
  ...deployment,
  spec: { replicas: 0 },
  status: { observedGeneration: 2 },
} as NonNullable<Observation['deployment']>;
const unobserved = { ...emptied, status: { observedGeneration: 1 } };
const terminated = pod('phi-0', { node: 'n1', terminating: true });

interface Row {
  readonly what: string;
  readonly by?: NodeProvisioner;
  readonly held?: Held;
  readonly seen?: Partial<Observation>;
  readonly steps: readonly string[];
  /** Part of what is told; empty where nobody is left to tell, or it is told elsewhere. */
  readonly says?: string;
}

const rows: readonly Row[] = [
  {
    what: 'the workload is emptied first, the machines stay',
    held: { claims: [claim('a', { ready: true, node: 'n1' })] },
    seen: { deployment, pods: [pod('phi-0', { node: 'n1', ready: true })], nodes: [ownNode('n1')] },
    steps: ['scale Deployment/phi'],
    says: 'waits for Pod/phi-0 on Node/n1 to end',
  },
  {
    what: 'its controller has yet to take notice: it could still make a pod',
    held: { claims: [claim('a')] },
    seen: { deployment: unobserved },
    steps: [],
    says: 'waits for the pods of Deployment/phi to end',
  },
  {
    what: 'it has: the machines go',
    held: { claims: [claim('a')] },
    seen: { deployment: emptied },
    steps: ['delete NodeClaim/a'],
  },
  {
    what: 'while a pod ends, nothing more',
    held: { claims: [claim('a')] },
    seen: { pods: [terminated], nodes: [ownNode('n1')] },
    steps: [],
    says: 'waits for Pod/phi-0 on Node/n1 to end',
  },
  {
    what: 'a pod on a node that does not answer is not waited for',
    held: { claims: [claim('a')] },
    seen: {
      deployment: { ...emptied, status: { observedGeneration: 2, replicas: 1 } },
      pods: [terminated],
      nodes: [node('n1', { ready: false })],
    },
    steps: ['delete NodeClaim/a'],
  },
  {
    what: 'the machines go when the pods are gone, whoever made their claims',
    held: { claims: [claim('a'), claim('b', { terminating: true })] },
    steps: ['delete NodeClaim/a'],
    says: 'waits for NodeClaim/a and 1 more to go',
  },
  {
    what: 'the pool, and claims from before Karpenter; not those that the pool takes along',
    by: karpenter,
    held: { pools: [pool('demo-phi')], claims: [pooled('c')], legacy: [claim('ws0')] },
    steps: ['delete NodePool/demo-phi', 'delete NodeClaim/ws0'],
  },
  {
    what: 'the pool is gone, its claims are not: wait',
    by: karpenter,
    held: { claims: [pooled('c')] },
    steps: [],
    says: 'waits for NodeClaim/c to go',
  },
  { what: 'all is gone: the finalizer', steps: [release] },
  {
    what: 'the kinds are not there: nothing can be left',
    held: { unavailable: { because: 'not installed', absent: true } },
    steps: [release],
  },
  {
    what: 'what was bought is not read yet: wait',
    held: { unavailable: { because: 'NodeClaims are not read yet', absent: false } },
    steps: [],
    says: 'NodeClaims are not read yet',
  },
  { what: 'existing nodes: the finalizer of upstream at once', by: byoProvisioner, steps: [release] },
];

function pooled(name: string): ReturnType<typeof claim> {
  const before = claim(name);
  const ownerReferences = [{ apiVersion: 'karpenter.sh/v1', kind: 'NodePool', name: 'p', uid: 'u' }];
  return { ...before, metadata: { ...before.metadata, ownerReferences } };
}

describe('a Workspace that is being deleted', () => {
  test.each(rows)('$what', ({ by = gpu, held = {}, seen = {}, steps, says = '' }) => {
    const plan = planOf(by, held, { workspace: going, ...seen });
    expect(stepNames(plan)).toEqual(steps);
    expect(condition(plan, 'WorkspaceDeleting')?.message ?? '').toContain(says);
  });

  test('without the finalizer is nobody’s business', () => {
    const plan = planOf(gpu, {}, { workspace: buying({ deletionTimestamp: soon }) });
    expect(plan).toMatchObject({ steps: [], status: undefined });
  });
});
