import type { Lease } from './kinds.ts';
import type { ObjectRef } from './object.ts';

/**
 * A lease and when we first saw this version of it, on our own clock: the times inside are another machine's, and may
 * be wrong by any amount.
 */
export interface LeaseObservation {
  readonly lease: Lease;
  readonly seenAt: number;
}

export function observeLease(
  before: LeaseObservation | undefined,
  lease: Lease,
  now: number,
): LeaseObservation {
  const same = before?.lease.metadata.resourceVersion === lease.metadata.resourceVersion;
  return before !== undefined && same ? before : { lease, seenAt: now };
}

/** May this identity take the lease: nobody has it, it has it, or its holder showed no life for the whole duration. */
export function isFree(observation: LeaseObservation, identity: string, now: number): boolean {
  const { holderIdentity } = observation.lease.spec ?? {};
  if (!holderIdentity || holderIdentity === identity) return true;
  return millisecondsUntilFree(observation, now) <= 0;
}

/** Until the lease has run out if its holder shows no further life; not positive when it has. */
export function millisecondsUntilFree({ lease, seenAt }: LeaseObservation, now: number): number {
  return seenAt + (lease.spec?.leaseDurationSeconds ?? 0) * 1000 - now;
}

export interface LeaseClaim {
  readonly ref: ObjectRef;
  readonly identity: string;
  readonly leaseDurationSeconds: number;
  /** Milliseconds since the epoch, for human readers. */
  readonly now: number;
}

/** The lease as its new (or same) holder writes it. It keeps the resource version, so that only one of two wins. */
export function claimLease(
  live: Lease | undefined,
  { ref, identity, leaseDurationSeconds, now }: LeaseClaim,
): Lease {
  const mine = live?.spec?.holderIdentity === identity;
  const transitions = live?.spec?.leaseTransitions ?? 0;
  return {
    metadata: live?.metadata ?? { name: ref.name, namespace: ref.namespace },
    spec: {
      ...live?.spec,
      holderIdentity: identity,
      leaseDurationSeconds,
      acquireTime: (mine ? live.spec?.acquireTime : undefined) ?? microTime(now),
      renewTime: microTime(now),
      leaseTransitions: mine || live === undefined ? transitions : transitions + 1,
    },
  };
}

/** Nobody's, and free at once. */
export function releaseLease(held: Lease, now: number): Lease {
  return {
    metadata: held.metadata,
    spec: { ...held.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(now) },
  };
}

/** Kubernetes' MicroTime has six digits after the second. */
function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z');
}
