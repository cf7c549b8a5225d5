import type { Change } from '@kaito-ts/kube-runtime';
import type { Cause } from '../plan/cause.ts';
import type { Losses } from '../provisioner/infrastructure.ts';
import type { NodeClaim } from '../provisioner/karpenter-objects.ts';
import { conditionReasons } from '@kaito-ts/api-types';
import { claimCause, isClaimReady } from '../provisioner/claim-state.ts';
import { ownersOf } from './bought.ts';

/**
 * Remembers claims that were deleted before their machine was ready: Karpenter deletes those that the cloud has no
 * capacity for, and with them goes the reason. A new process begins without memory, and so tries once at once.
 */
export class LostClaims {
  readonly #losses = new Map<string, Losses>();
  readonly #now: () => number;
  readonly #timeoutMilliseconds: number;

  constructor(options: { readonly now: () => number; readonly claimTimeoutMilliseconds: number }) {
    this.#now = options.now;
    this.#timeoutMilliseconds = options.claimTimeoutMilliseconds;
  }

  of(workspace: string): Losses | undefined {
    return this.#losses.get(workspace);
  }

  forget(workspace: string): void {
    this.#losses.delete(workspace);
  }

  take({ type, object }: Change<NodeClaim>): void {
    for (const workspace of ownersOf(object)) {
      if (isClaimReady(object)) this.#losses.delete(workspace);
      else if (type === 'deleted') this.#add(workspace, object);
    }
  }

  #add(workspace: string, claim: NodeClaim): void {
    const now = this.#now();
    const count = (this.#losses.get(workspace)?.count ?? 0) + 1;
    const last = lossCause(claimCause(claim, { now, timeoutMilliseconds: this.#timeoutMilliseconds }), count);
    this.#losses.set(workspace, { count, lastAt: now, last });
  }
}

function lossCause(cause: Cause, count: number): Cause {
  const suffix = `; it was given up, and another is tried (${count} so far)`;
  if (cause.severity === 'failed') return { ...cause, cause: `${cause.cause}${suffix}` };
  return {
    ...cause,
    reason: conditionReasons.NodeClaimLost,
    cause: `was deleted before its machine was ready, as Karpenter does where there is no capacity${suffix}`,
    nextStep: `see kubectl get events --field-selector involvedObject.kind=NodeClaim`,
    severity: 'failed',
  };
}
