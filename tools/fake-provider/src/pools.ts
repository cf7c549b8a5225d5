import type { Applied, KubeClient, Outcome, Pod } from '@kaito-ts/kube-runtime';
import type { Condition, NodeClaim, NodeClass, NodePool } from './kinds.ts';
import { randomBytes } from 'node:crypto';
import { done, ignoreNotFound, kinds, requeueAfter } from '@kaito-ts/kube-runtime';
import { isTrue, sameConditions, withCondition } from './conditions.ts';
import { nodeClaims, nodeClassKinds, nodePools, poolLabel } from './kinds.ts';
import { nodeNameOf } from './machine.ts';

const retryMilliseconds = 500;

/** Keeps as many claims as a pool has replicas; a pool that is gone takes its claims along. */
export function createPoolReconcile(client: KubeClient): (name: string) => Promise<Outcome> {
  return async (name) => {
    const pool = await ignoreNotFound(client.get(nodePools, { name }));
    const { items } = await client.list(nodeClaims, { labelSelector: `${poolLabel}=${name}` });
    const alive = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (pool === undefined || pool.metadata.deletionTimestamp !== undefined) {
      await remove(alive.filter(belongsToPool));
      return done;
    }
    const readiness = readinessOf(await classOf(pool));
    await say(pool, readiness, alive.length);
    if (readiness.status !== 'True') return requeueAfter(retryMilliseconds);
    const missing = (pool.spec.replicas ?? alive.length) - alive.length;
    for (let index = 0; index < missing; index++) await client.create(nodeClaims, claimOf(pool));
    if (missing < 0) await remove((await emptyFirst(alive)).slice(0, -missing));
    return done;
  };

  async function remove(claims: readonly NodeClaim[]): Promise<void> {
    await Promise.all(claims.map(({ metadata }) => ignoreNotFound(client.delete(nodeClaims, metadata))));
  }

  async function classOf({ spec }: NodePool): Promise<NodeClass | undefined> {
    const { group, kind, name } = spec.template.spec.nodeClassRef;
    const known = nodeClassKinds.find((entry) => entry.group === group && entry.kind === kind);
    return known === undefined ? undefined : ignoreNotFound(client.get(known, { name }));
  }

  /** Karpenter's order: claims without a machine, nodes without pods, all others. */
  async function emptyFirst(claims: readonly NodeClaim[]): Promise<readonly NodeClaim[]> {
    const { items } = await client.list<Pod>(kinds.pods);
    const occupied = new Set(items.map(({ spec }) => spec?.nodeName));
    const rank = (claim: NodeClaim): number =>
      claim.status?.providerID === undefined ? 0 : occupied.has(nodeNameOf(claim)) ? 2 : 1;
    return claims.toSorted((left, right) => rank(left) - rank(right));
  }

  async function say(
    pool: NodePool,
    ready: Omit<Condition, 'lastTransitionTime'>,
    nodes: number,
  ): Promise<void> {
    const before = pool.status?.conditions ?? [];
    const conditions = withCondition(before, ready);
    if (sameConditions(before, conditions) && pool.status?.nodes === nodes) return;
    const value = { metadata: { uid: pool.metadata.uid }, status: { nodes, conditions } };
    await ignoreNotFound(client.patchStatus(nodePools, pool.metadata, { type: 'merge', value }));
  }
}

function belongsToPool({ metadata }: NodeClaim): boolean {
  return metadata.ownerReferences?.some(({ kind }) => kind === nodePools.kind) === true;
}

function readinessOf(nodeClass: NodeClass | undefined): Omit<Condition, 'lastTransitionTime'> {
  if (nodeClass === undefined)
    return {
      type: 'Ready',
      status: 'False',
      reason: 'NodeClassReady',
      message: 'NodeClass not found on cluster',
    };
  if (isTrue(nodeClass.status?.conditions, 'Ready'))
    return { type: 'Ready', status: 'True', reason: 'Ready', message: '' };
  return { type: 'Ready', status: 'False', reason: 'NodeClassReady', message: 'NodeClass is not ready' };
}

function claimOf({ metadata, spec }: NodePool): Applied<NodeClaim> {
  const { template } = spec;
  return {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodeClaim',
    metadata: {
      name: `${metadata.name.slice(0, 57)}-${randomBytes(3).toString('hex').slice(0, 5)}`,
      labels: { ...template.metadata?.labels, [poolLabel]: metadata.name },
      annotations: { ...template.metadata?.annotations },
      ownerReferences: [
        {
          apiVersion: 'karpenter.sh/v1',
          kind: 'NodePool',
          name: metadata.name,
          uid: metadata.uid ?? '',
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: template.spec,
  };
}
