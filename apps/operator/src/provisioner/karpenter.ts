import type { KubeObject } from '@kaito-ts/kube-runtime';
import type { Cause } from '../plan/cause.ts';
import type { NodeRequirement } from '../plan/node-matching.ts';
import type { Step } from '../plan/plan-value.ts';
import type { NodePool } from './karpenter-objects.ts';
import type { NodeProvisioner, Purchase, PurchaseInput } from './provisioner.ts';
import { conditionReasons, labels } from '@kaito-ts/api-types';
import { isClaimReady, isTerminating, nextTimeout, worstCause } from './claim-state.ts';
import { conditionOf } from './karpenter-objects.ts';
import { alternativeNodePoolName, nodePoolName } from './names.ts';
import { nodePool } from './node-pool.ts';
import { ownershipRequirements, surveyOwnedNodes } from './owned-nodes.ts';
import {
  classOf,
  conflict,
  faultOfClass,
  faultOfPool,
  warningsAbout,
  type KarpenterSettings,
} from './pool-faults.ts';
import { holdSteps, removeStep, unholdSteps } from './steps.ts';

const kinds = ['NodePool', 'NodeClaim'] as const;
const ownershipKeys = {
  name: labels.karpenterWorkspaceName,
  namespace: labels.karpenterWorkspaceNamespace,
};

function ownership(workspace: KubeObject): readonly NodeRequirement[] {
  return ownershipRequirements(workspace, ownershipKeys);
}

/** One NodePool of a fixed size for each Workspace; Karpenter makes the nodes. */
export function karpenterProvisioner(settings: KarpenterSettings): NodeProvisioner {
  return {
    name: 'karpenter',
    validation: { nodeProvisioner: 'karpenter', nodeClassNames: settings.nodeClassNames },
    survey: (input) => surveyOwnedNodes(input, ownership(input.workspace)),
    purchasing: { kinds, ownership, towards: (input) => towards(input, settings) },
  };
}

/** Cases in the order in which each needs the one before to be clear. */
function towards(input: PurchaseInput, settings: KarpenterSettings): Purchase {
  const { workspace, infrastructure, wanted } = input;
  const [pool, ...others] = infrastructure.nodePools;
  const bought = infrastructure.nodeClaims.length + infrastructure.legacyClaims.length;
  if (pool === undefined && wanted === 0)
    return nothing({ steps: bought === 0 ? unholdSteps(workspace, kinds) : holdSteps(workspace) });
  if (pool === undefined) return order(input, settings);
  const warnings = warningsAbout(pool, others, classOf(workspace, settings));
  const found = faultOfPool(pool, workspace);
  if (found !== undefined) return nothing({ steps: holdSteps(workspace), cause: found, warnings });
  const now = pool.spec.replicas ?? 0;
  const classFault = now < wanted ? faultOfClass(input, settings) : undefined;
  const steps = classFault === undefined ? scaleSteps(pool, input) : [];
  const waiting = waitingFor(pool, input, settings);
  return {
    steps: [...holdSteps(workspace), ...steps, ...legacySteps(input)],
    cause: classFault ?? waiting.cause,
    warnings,
    recheckMilliseconds: waiting.recheckMilliseconds,
  };
}

function nothing(parts: Partial<Purchase>): Purchase {
  return { steps: [], cause: undefined, warnings: [], ...parts };
}

function order(input: PurchaseInput, settings: KarpenterSettings): Purchase {
  const { workspace, infrastructure, wanted } = input;
  const { namespace = '', name: owner } = workspace.metadata;
  const fault = faultOfClass(input, settings);
  if (fault !== undefined) return nothing({ cause: fault });
  const names = [nodePoolName(namespace, owner), alternativeNodePoolName(namespace, owner)];
  const name = names.find((candidate) => infrastructure.nodePoolNamed(candidate) === undefined);
  if (name === undefined) return nothing({ cause: conflict(names) });
  const object = nodePool({
    workspace,
    name,
    replicas: wanted,
    nodeClass: { ...settings.nodeClass, name: classOf(workspace, settings) },
  });
  const create: Step = {
    kind: 'create',
    object,
    why: `${wanted} node(s) are wanted, and it has no NodePool`,
  };
  return nothing({
    steps: [...holdSteps(workspace), create],
    cause: pending(name, `${wanted} node(s) are being ordered`),
  });
}

/** Up at once; down only when just as many nodes are left without a pod, which Karpenter then takes. */
function scaleSteps(
  { metadata, spec }: NodePool,
  { wanted, occupied, settled }: PurchaseInput,
): readonly Step[] {
  const { replicas = 0 } = spec;
  if (replicas === wanted || (replicas > wanted && (!settled || occupied.size > wanted))) return [];
  return [
    {
      kind: 'scale',
      object: { kind: 'NodePool', name: metadata.name, namespace: '' },
      replicas: wanted,
      resourceVersion: metadata.resourceVersion,
      why:
        replicas < wanted
          ? `${wanted} node(s) are wanted, ${replicas} were ordered`
          : `${wanted} node(s) are wanted, and no pod is on the other ${replicas - wanted}`,
    },
  ];
}

/** Machines from before Karpenter was chosen: none of the pods can be on them any more. */
function legacySteps({ infrastructure, occupied, settled }: PurchaseInput): readonly Step[] {
  if (!settled) return [];
  return infrastructure.legacyClaims
    .filter((claim) => !isTerminating(claim) && !occupied.has(claim.status?.nodeName ?? ''))
    .map((claim) =>
      removeStep('NodeClaim', claim, 'Karpenter makes the nodes now, and no pod is on this one'),
    );
}

function waitingFor(
  pool: NodePool,
  input: PurchaseInput,
  settings: KarpenterSettings,
): Pick<Purchase, 'cause' | 'recheckMilliseconds'> {
  const { infrastructure, wanted, now } = input;
  const clock = { now, timeoutMilliseconds: settings.claimTimeoutMilliseconds };
  const alive = infrastructure.nodeClaims.filter((claim) => !isTerminating(claim));
  if (alive.filter(isClaimReady).length >= wanted) return { cause: undefined };
  const recheckMilliseconds = nextTimeout(alive, clock);
  const ready = conditionOf(pool, 'Ready');
  const worst = worstCause(alive, clock);
  if (worst?.severity === 'failed') return { cause: worst, recheckMilliseconds };
  if (infrastructure.losses !== undefined) return { cause: infrastructure.losses.last, recheckMilliseconds };
  if (ready?.status === 'False') {
    const cause = `is not ready: ${ready.message || ready.reason || 'no reason given'}`;
    const notReady: Cause = {
      reason: conditionReasons.NodePoolNotReady,
      object: `NodePool/${pool.metadata.name}`,
      cause,
      nextStep: 'mend what the message names',
      severity: 'failed',
    };
    // A pool repeats in few words what its class says in full.
    return { cause: faultOfClass(input, settings) ?? notReady, recheckMilliseconds };
  }
  return { cause: worst ?? noClaims(pool, wanted - alive.length, clock), recheckMilliseconds };
}

/** Karpenter has not even begun: it is away, or does not work on static pools. */
function noClaims(
  pool: NodePool,
  missing: number,
  { now, timeoutMilliseconds }: { readonly now: number; readonly timeoutMilliseconds: number },
): Cause {
  const { name, creationTimestamp = '' } = pool.metadata;
  if (now - Date.parse(creationTimestamp) <= timeoutMilliseconds)
    return pending(name, `Karpenter has yet to make ${missing} NodeClaim(s)`);
  return {
    reason: conditionReasons.NodeClaimTimedOut,
    object: `NodePool/${name}`,
    cause: `Karpenter has not made ${missing} NodeClaim(s) since ${creationTimestamp}`,
    nextStep: 'see whether Karpenter runs, with the feature gate StaticCapacity',
    severity: 'failed',
  };
}

function pending(pool: string, cause: string): Cause {
  const reason = conditionReasons.NodeClaimNotReady;
  return { reason, object: `NodePool/${pool}`, cause, nextStep: 'wait', severity: 'pending' };
}
