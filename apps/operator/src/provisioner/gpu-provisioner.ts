import type { KubeObject } from '@kaito-ts/kube-runtime';
import type { Cause } from '../plan/cause.ts';
import type { NodeRequirement } from '../plan/node-matching.ts';
import type { Step } from '../plan/plan-value.ts';
import { soonest } from '../plan/recheck.ts';
import type { NodeClaim } from './karpenter-objects.ts';
import type { Cloud, ImageFamily } from './node-claim.ts';
import type { NodeProvisioner, Purchase, PurchaseInput } from './provisioner.ts';
import { conditionReasons, labels } from '@kaito-ts/api-types';
import {
  isClaimReady,
  isRegistered,
  isTerminating,
  millisecondsOld,
  nextTimeout,
  pauseAfter,
  worstCause,
} from './claim-state.ts';
import { nodeClaimName } from './names.ts';
import { nodeClaim } from './node-claim.ts';
import { ownershipRequirements, surveyOwnedNodes } from './owned-nodes.ts';
import { holdSteps, removeStep, unholdSteps } from './steps.ts';

export interface GpuProvisionerSettings {
  readonly cloud: Cloud;
  readonly defaultImageFamily: ImageFamily;
  readonly claimTimeoutMilliseconds: number;
}

const kinds = ['NodeClaim'] as const;
const ownershipKeys = { name: labels.workspace, namespace: labels.workspaceNamespace };
/** Names are tried in their order; so many of them taken by others is no accident. */
const mostOrdinals = 1_000;

function ownership(workspace: KubeObject): readonly NodeRequirement[] {
  return ownershipRequirements(workspace, ownershipKeys);
}

/** One NodeClaim for each node of a Workspace; the GPU provisioner makes them machines. */
export function gpuProvisioner(settings: GpuProvisionerSettings): NodeProvisioner {
  return {
    name: 'azure-gpu-provisioner',
    validation: { nodeProvisioner: 'azure-gpu-provisioner' },
    survey: (input) => surveyOwnedNodes(input, ownership(input.workspace)),
    purchasing: { kinds, ownership, towards: (input) => towards(input, settings) },
  };
}

function towards(input: PurchaseInput, settings: GpuProvisionerSettings): Purchase {
  const { workspace, infrastructure, wanted, now } = input;
  const { nodeClaims: claims, losses } = infrastructure;
  const clock = { now, timeoutMilliseconds: settings.claimTimeoutMilliseconds };
  if (claims.length === 0 && wanted === 0)
    return { steps: unholdSteps(workspace, kinds), cause: undefined, warnings: [] };
  const alive = claims.filter((claim) => !isTerminating(claim));
  const late = alive.filter(
    (claim) => !isRegistered(claim) && millisecondsOld(claim, now) > settings.claimTimeoutMilliseconds,
  );
  // A machine that is going away still counts: its successor is bought when it is gone, never beside it.
  const missing = Math.max(0, wanted - claims.length);
  const pause = losses === undefined ? 0 : losses.lastAt + pauseAfter(losses.count) - now;
  const orders = missing > 0 && pause <= 0 ? orderSteps(input, settings, missing) : [];
  const steps = [
    ...late.map((claim) =>
      removeStep('NodeClaim', claim, 'it has no node in time; another is ordered when it is gone'),
    ),
    ...orders,
    ...releaseSteps(alive, input),
  ];
  return {
    steps: [...(claims.length > 0 || orders.length > 0 ? holdSteps(workspace) : []), ...steps],
    cause: causeOf(input, { alive, missing, worst: worstCause(alive, clock) }),
    warnings: [],
    recheckMilliseconds: soonest(nextTimeout(alive, clock), missing > 0 && pause > 0 ? pause : undefined),
  };
}

function orderSteps(
  { workspace, infrastructure, weightBytes, wanted }: PurchaseInput,
  { cloud, defaultImageFamily }: GpuProvisionerSettings,
  missing: number,
): readonly Step[] {
  const { namespace = '', name: owner, uid = '' } = workspace.metadata;
  const names: string[] = [];
  for (let ordinal = 0; names.length < missing && ordinal < mostOrdinals; ordinal++) {
    const name = nodeClaimName({ namespace, name: owner, uid, ordinal });
    if (infrastructure.nodeClaimNamed(name) === undefined) names.push(name);
  }
  const there = wanted - missing;
  return names.map((name, index) => ({
    kind: 'create',
    object: nodeClaim({ workspace, name, cloud, defaultImageFamily, weightBytes }),
    why: `node ${there + index + 1} of ${wanted}`,
  }));
}

/** Machines beyond the wanted ones go when no pod is on them: those without a node first. */
function releaseSteps(
  alive: readonly NodeClaim[],
  { wanted, occupied, settled }: PurchaseInput,
): readonly Step[] {
  const surplus = alive.length - wanted;
  if (surplus <= 0 || !settled) return [];
  return alive
    .filter(({ status }) => status?.nodeName === undefined || !occupied.has(status.nodeName))
    .toSorted((left, right) => rank(left) - rank(right) || byName(right, left))
    .slice(0, surplus)
    .map((claim) =>
      removeStep('NodeClaim', claim, `${wanted} node(s) are wanted, and no pod is on this one`),
    );
}

function rank(claim: NodeClaim): number {
  return isClaimReady(claim) ? 1 : 0;
}

function byName(left: NodeClaim, right: NodeClaim): number {
  return left.metadata.name < right.metadata.name ? -1 : 1;
}

interface State {
  readonly alive: readonly NodeClaim[];
  readonly missing: number;
  readonly worst: Cause | undefined;
}

function causeOf({ workspace, infrastructure, wanted }: PurchaseInput, state: State): Cause | undefined {
  const { alive, missing, worst } = state;
  if (alive.filter(isClaimReady).length >= wanted) return undefined;
  if (worst?.severity === 'failed') return worst;
  if (infrastructure.losses !== undefined) return infrastructure.losses.last;
  if (worst !== undefined) return worst;
  const leaving = infrastructure.nodeClaims.find(isTerminating);
  const pending = { nextStep: 'wait', severity: 'pending' } as const;
  if (leaving !== undefined) {
    return {
      ...pending,
      reason: conditionReasons.NodeClaimTerminating,
      object: `NodeClaim/${leaving.metadata.name}`,
      cause: `is going away since ${leaving.metadata.deletionTimestamp}; the next is ordered when it is gone`,
    };
  }
  return {
    ...pending,
    reason: conditionReasons.NodeClaimNotReady,
    object: `Workspace/${workspace.metadata.name}`,
    cause: `${missing} of ${wanted} NodeClaim(s) are being ordered`,
  };
}
