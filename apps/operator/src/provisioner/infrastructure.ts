import type { Cause } from '../plan/cause.ts';
import type { NodeClaim, NodeClass, NodePool } from './karpenter-objects.ts';

/** What the provider has for a Workspace, read from caches in one go. */
export interface Infrastructure {
  /** Why it cannot be read; then nothing may be bought or released. */
  readonly unavailable: Unavailable | undefined;
  /** Those that carry the Workspace's labels, by name. */
  readonly nodePools: readonly NodePool[];
  readonly nodeClaims: readonly NodeClaim[];
  /** Claims that the GPU provisioner made for the Workspace before Karpenter was chosen: they go with it. */
  readonly legacyClaims: readonly NodeClaim[];
  readonly nodePoolNamed: (name: string) => NodePool | undefined;
  readonly nodeClaimNamed: (name: string) => NodeClaim | undefined;
  readonly nodeClassNamed: (name: string) => NodeClass | undefined;
  /** Claims that ended before their machine was ready, since the last that was. */
  readonly losses: Losses | undefined;
}

export interface Unavailable {
  readonly because: string;
  /** The kinds do not exist: there can be no objects of them. */
  readonly absent: boolean;
}

export interface Losses {
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly lastAt: number;
  /** What was the matter with the last. */
  readonly last: Cause;
}
