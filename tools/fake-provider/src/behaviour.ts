import type { NodeClaim } from './kinds.ts';

/**
 * What becomes of a claim:
 * - launch: a machine, a node, GPUs; as it should be.
 * - insufficientCapacity: the cloud has none of the type; the claim stays and is tried again.
 * - insufficientCapacityDeleted: the same, but the claim is deleted at once, as Karpenter itself does it.
 * - quotaExceeded: the subscription's quota for the type is used up.
 * - launchError: any other error of the cloud.
 * - neverRegisters: a machine is bought, but no node ever joins.
 * - withoutGpus: the node joins and never advertises a GPU (no driver, no device plugin).
 * - neverInitializes: the node joins, and the claim never says that it is initialized.
 */
export const claimFates = [
  'launch',
  'insufficientCapacity',
  'insufficientCapacityDeleted',
  'quotaExceeded',
  'launchError',
  'neverRegisters',
  'withoutGpus',
  'neverInitializes',
] as const;

export type ClaimFate = (typeof claimFates)[number];

export interface Behaviour {
  /** Asked for each claim at each try to launch it. */
  readonly fate: (claim: NodeClaim) => ClaimFate;
  readonly launchMilliseconds: number;
  readonly registerMilliseconds: number;
  readonly initializeMilliseconds: number;
  /** From the end of the last pod to the end of the node. */
  readonly terminateMilliseconds: number;
  /** After which a launch that failed is tried again. */
  readonly retryMilliseconds: number;
  /** What the NodeClasses' Ready condition says; undefined: they are ready. */
  readonly nodeClassFault: string | undefined;
}

export const defaultBehaviour: Behaviour = {
  fate: () => 'launch',
  launchMilliseconds: 30,
  registerMilliseconds: 30,
  initializeMilliseconds: 30,
  terminateMilliseconds: 30,
  retryMilliseconds: 500,
  nodeClassFault: undefined,
};

interface Failure {
  readonly reason: string;
  readonly message: string;
}

/** What Launched says when a machine cannot be had, in the words that clouds use. */
export function launchFailure(fate: ClaimFate, instanceType: string): Failure | undefined {
  return failures[fate]?.(instanceType);
}

function noCapacity(instanceType: string): Failure {
  return {
    reason: 'InsufficientCapacityError',
    message: `insufficient capacity, all requested instance types were unavailable during launch (${instanceType})`,
  };
}

const failures: Readonly<Partial<Record<ClaimFate, (instanceType: string) => Failure>>> = {
  insufficientCapacity: noCapacity,
  insufficientCapacityDeleted: noCapacity,
  quotaExceeded: (instanceType) => ({
    reason: 'LaunchFailed',
    message: `creating instance failed: OperationNotAllowed: adding this ${instanceType} exceeds the approved Total Regional Cores quota: limit 48, usage 48`,
  }),
  launchError: () => ({
    reason: 'LaunchFailed',
    message: 'creating instance failed: AuthorizationFailed: the identity may not create virtual machines',
  }),
};
