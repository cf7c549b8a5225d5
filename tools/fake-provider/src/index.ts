/**
 * Plays Karpenter (NodePools with static capacity) and the GPU provisioner (NodeClaims) on any cluster: claims become
 * Nodes that kwok, or this provider itself, makes Ready.
 *
 * - `installKarpenterCrds` installs NodePool, NodeClaim and the NodeClasses, written by us.
 * - `startFakeProvider` works until it is stopped. `behave` changes what becomes of claims while it runs: no capacity, no
 *   quota, a machine that never registers, a node without GPUs; and how long each step takes.
 * - `purchases` counts every machine that was ever bought, so that a test can say "exactly N", and names the pods that
 *   still ran when a claim was deleted.
 *
 * It knows no Workspace beyond the labels that name one, and buys nothing by itself.
 */
export { claimFates, defaultBehaviour, type Behaviour, type ClaimFate } from './behaviour.ts';
export { startFakeProvider, type FakeProvider, type FakeProviderOptions } from './fake-provider.ts';
export { installKarpenterCrds } from './install.ts';
export {
  nodeClaims,
  nodeClassKinds,
  nodePools,
  workspaceOf,
  type Condition,
  type NodeClaim,
  type NodeClass,
  type NodePool,
} from './kinds.ts';
export type { Purchase } from './ledger.ts';
export type { NodePlayer } from './machine.ts';
