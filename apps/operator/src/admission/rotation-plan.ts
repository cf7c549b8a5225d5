/** One certificate, as far as the plan depends on it. */
export interface Generation {
  /** Fingerprint of the authority that signed it. */
  readonly authority: string;
  readonly notAfter: number;
  /** Whether it is for every host that the API server calls. */
  readonly fits: boolean;
}

export interface RotationState {
  readonly now: number;
  readonly current: Generation | undefined;
  readonly next: Generation | undefined;
  readonly previous: { readonly authority: string; readonly until: number } | undefined;
  /** Fingerprints in the webhook's caBundle. */
  readonly bundle: readonly string[];
  /** Since when the bundle was seen to hold the next one's authority. */
  readonly nextTrustedSince: number | undefined;
}

export interface RotationPolicy {
  /** Of one certificate. It is exchanged when a third of this is left. */
  readonly lifetimeMilliseconds: number;
  /** How long API servers may take to read a new bundle before anybody serves under it. */
  readonly settleMilliseconds: number;
  /** How long an authority stays trusted after its certificate was exchanged. */
  readonly graceMilliseconds: number;
}

export const defaultRotationPolicy: RotationPolicy = {
  lifetimeMilliseconds: 90 * 24 * 3_600_000,
  settleMilliseconds: 30_000,
  graceMilliseconds: 10 * 60_000,
};

/**
 * issueCurrent: nothing can be served, so begin anew. issueNext: make its successor. trust: write these authorities into
 * the bundle. promote: serve under the next one. retire: forget the authority before. wait: nothing until then.
 */
export type RotationStep =
  | { readonly kind: 'issueCurrent'; readonly why: string }
  | { readonly kind: 'issueNext'; readonly why: string }
  | { readonly kind: 'trust'; readonly authorities: readonly string[]; readonly why: string }
  | { readonly kind: 'promote'; readonly why: string }
  | { readonly kind: 'retire'; readonly why: string }
  | { readonly kind: 'wait'; readonly until: number };

/** Trust first, serve after: at no step is a certificate in use whose authority the bundle lacks. */
export function planRotation(state: RotationState, policy: RotationPolicy): RotationStep {
  const { now, current, next, previous, nextTrustedSince } = state;
  const usableNext = next?.fits === true && next.notAfter > now;

  if (current === undefined || current.notAfter <= now) {
    const why = current === undefined ? 'there is no certificate' : 'the certificate has run out';
    return { kind: usableNext ? 'promote' : 'issueCurrent', why };
  }
  const authorities = [current.authority, next?.authority, previous?.authority].filter(
    (authority) => authority !== undefined,
  );
  if (!sameSet(authorities, state.bundle)) {
    return { kind: 'trust', authorities, why: 'the bundle does not hold just what is served or about to be' };
  }
  if (previous !== undefined) {
    return previous.until <= now
      ? { kind: 'retire', why: 'every replica had the time to reload' }
      : { kind: 'wait', until: previous.until };
  }
  if (usableNext) {
    const promoteAt = (nextTrustedSince ?? now) + policy.settleMilliseconds;
    return nextTrustedSince !== undefined && promoteAt <= now
      ? { kind: 'promote', why: 'the API servers trust the next certificate' }
      : { kind: 'wait', until: promoteAt };
  }
  if (next !== undefined) return { kind: 'issueNext', why: 'the next certificate cannot be served' };
  if (!current.fits)
    return { kind: 'issueNext', why: 'the certificate is not for the hosts that are called' };
  const rotateAt = current.notAfter - policy.lifetimeMilliseconds / 3;
  return rotateAt <= now
    ? { kind: 'issueNext', why: 'two thirds of its lifetime are over' }
    : { kind: 'wait', until: rotateAt };
}

function sameSet(left: readonly string[], right: readonly string[]): boolean {
  const [a, b] = [new Set(left), new Set(right)];
  return a.size === b.size && [...a].every((item) => b.has(item));
}
