import type { Cause } from '../plan/cause.ts';
import type { NodeClaim, ProvisionCondition } from './karpenter-objects.ts';
import { conditionReasons } from '@kaito-ts/api-types';
import { conditionOf } from './karpenter-objects.ts';

/** Steps of a claim, in their order. */
const stages = ['Launched', 'Registered', 'Initialized'] as const;

/** What the provider says while all goes well. */
const waitingReasons: ReadonlySet<string> = new Set([
  'AwaitingReconciliation',
  'NodeNotFound',
  'NodeNotReady',
  'NotReady',
  '',
]);
const longestMessage = 400;

/** Clouds tell these two in the message only, each in its own words. */
const wordings = [
  { pattern: /quota/i, reason: conditionReasons.NodeQuotaExceeded, next: 'raise the quota or free machines' },
  {
    pattern: /insufficient ?capacity|unavailable during launch|AllocationFailed|SkuNotAvailable/i,
    reason: conditionReasons.InsufficientCapacity,
    next: 'choose another instance type or zone, or wait: it is tried again',
  },
  {
    pattern: /ResourceNotRegistered|requested but not registered/i,
    reason: conditionReasons.NodePluginsNotReady,
    next: 'install the device plugin and the driver',
  },
  {
    pattern: /node ?class.*(not ready|not found)/i,
    reason: conditionReasons.NodeClassNotReady,
    next: 'mend the NodeClass',
  },
];

export function isClaimReady(claim: NodeClaim): boolean {
  return conditionOf(claim, 'Ready')?.status === 'True';
}

export function isRegistered(claim: NodeClaim): boolean {
  return conditionOf(claim, 'Registered')?.status === 'True';
}

export function isTerminating({ metadata }: NodeClaim): boolean {
  return metadata.deletionTimestamp !== undefined;
}

export function millisecondsOld({ metadata }: NodeClaim, now: number): number {
  const created = Date.parse(metadata.creationTimestamp ?? '');
  return Number.isFinite(created) ? now - created : 0;
}

export interface ClaimClock {
  readonly now: number;
  readonly timeoutMilliseconds: number;
}

/** Why this claim has no machine yet: its first step that is not done, in the provider's own words. */
export function claimCause(claim: NodeClaim, { now, timeoutMilliseconds }: ClaimClock): Cause {
  const object = `NodeClaim/${claim.metadata.name}`;
  const since = `since ${claim.metadata.creationTimestamp ?? 'just now'}`;
  const stage = stages.find((type) => conditionOf(claim, type)?.status !== 'True') ?? 'Ready';
  const condition = conditionOf(claim, stage);
  const failure = condition === undefined ? undefined : failureOf(condition);
  const said = messageOf(condition);
  if (failure !== undefined) {
    const cause = `is not ${stage} ${since}: ${said}`;
    return { ...failure, object, cause, severity: 'failed' };
  }
  if (millisecondsOld(claim, now) > timeoutMilliseconds) {
    return {
      reason: conditionReasons.NodeClaimTimedOut,
      object,
      cause: `is not ${stage} ${since}, more than ${Math.round(timeoutMilliseconds / 1000)} s: ${said}`,
      nextStep: 'see kubectl describe nodeclaim and the log of the provisioner; it is tried again',
      severity: 'failed',
    };
  }
  return {
    reason: conditionReasons.NodeClaimNotReady,
    object,
    cause: `waits to be ${stage} ${since}: ${said}`,
    nextStep: 'wait',
    severity: 'pending',
  };
}

function failureOf(condition: ProvisionCondition): Pick<Cause, 'reason' | 'nextStep'> | undefined {
  const { status, reason = '', message = '' } = condition;
  if (status === 'Unknown' && waitingReasons.has(reason)) return undefined;
  if (status === 'False' && waitingReasons.has(reason)) return undefined;
  const known = wordings.find(({ pattern }) => pattern.test(reason) || pattern.test(message));
  if (known !== undefined) return { reason: known.reason, nextStep: known.next };
  return condition.type === 'Launched'
    ? { reason: conditionReasons.NodeClaimLaunchFailed, nextStep: 'mend what the provider says' }
    : undefined;
}

function messageOf(condition: ProvisionCondition | undefined): string {
  const text = condition?.message || condition?.reason || 'the provider has said nothing yet';
  return text.length <= longestMessage ? text : `${text.slice(0, longestMessage)}…`;
}

/** The claim whose trouble is told: one that failed before one that is only on its way, the oldest first. */
export function worstCause(claims: readonly NodeClaim[], clock: ClaimClock): Cause | undefined {
  const causes = claims
    .filter((claim) => !isClaimReady(claim) && !isTerminating(claim))
    .toSorted((left, right) => millisecondsOld(right, clock.now) - millisecondsOld(left, clock.now))
    .map((claim) => claimCause(claim, clock));
  return causes.find(({ severity }) => severity === 'failed') ?? causes[0];
}

/** When the next of these claims becomes too old; undefined when none is waited for. */
export function nextTimeout(
  claims: readonly NodeClaim[],
  { now, timeoutMilliseconds }: ClaimClock,
): number | undefined {
  const left = claims
    .filter((claim) => !isClaimReady(claim) && !isTerminating(claim))
    .map((claim) => timeoutMilliseconds - millisecondsOld(claim, now) + 1_000)
    .filter((milliseconds) => milliseconds > 0);
  return left.length === 0 ? undefined : Math.min(...left);
}

const firstPause = 10_000;
const longestPause = 300_000;

/** A claim that ends again and again is ordered again ever later. */
export function pauseAfter(losses: number): number {
  return Math.min(longestPause, firstPause * 2 ** Math.max(0, losses - 1));
}
