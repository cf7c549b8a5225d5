import type { KubeClient, Node, Outcome, Pod } from '@kaito-ts/kube-runtime';
import type { Catalogue } from '@kaito-ts/preset-catalog';
import type { Behaviour } from './behaviour.ts';
import type { Condition, NodeClaim } from './kinds.ts';
import type { Ledger } from './ledger.ts';
import type { NodePlayer } from './machine.ts';
import { done, ignoreNotFound, isAlreadyExists, kinds, requeueAfter } from '@kaito-ts/kube-runtime';
import { launchFailure, type ClaimFate } from './behaviour.ts';
import { isTrue, sameConditions, withCondition } from './conditions.ts';
import { nodeClaims, terminationFinalizer, workspaceOf } from './kinds.ts';
import { capacityOf, instanceTypeOf, nodeNameOf, nodeOf, providerIdOf } from './machine.ts';

export interface ClaimParts {
  readonly client: KubeClient;
  readonly catalogue: Catalogue;
  readonly ledger: Ledger;
  readonly player: NodePlayer;
  readonly behaviour: () => Behaviour;
  readonly now: () => number;
}

const pollMilliseconds = 50;

/** Brings one claim a step further: finalizer, launch, registration, initialization; or its end. */
export function createClaimReconcile(parts: ClaimParts): (name: string) => Promise<Outcome> {
  const { client, ledger, behaviour, now } = parts;
  /** When a claim came to the step that it is at. */
  const since = new Map<string, number>();

  function waits(uid: string, step: string, milliseconds: number): number {
    const key = `${uid}/${step}`;
    const begun = since.get(key) ?? now();
    since.set(key, begun);
    return begun + milliseconds - now();
  }

  return async (name) => {
    const claim = await ignoreNotFound(client.get(nodeClaims, { name }));
    if (claim === undefined) return done;
    if (claim.metadata.deletionTimestamp !== undefined) return terminate(claim);
    if (claim.metadata.finalizers?.includes(terminationFinalizer) !== true) {
      const finalizers = [...(claim.metadata.finalizers ?? []), terminationFinalizer];
      const { resourceVersion } = claim.metadata;
      const value = { metadata: { resourceVersion, finalizers } };
      await client.patch(nodeClaims, { name }, { type: 'merge', value });
      return requeueAfter(0);
    }
    return advance(claim);
  };

  async function advance(claim: NodeClaim): Promise<Outcome> {
    const { uid = '', name } = claim.metadata;
    const { launchMilliseconds, registerMilliseconds, initializeMilliseconds, retryMilliseconds } =
      behaviour();
    const conditions = claim.status?.conditions;
    if (conditions === undefined) {
      await say(claim, awaiting);
      return requeueAfter(0);
    }
    const fate = behaviour().fate(claim);
    if (!isTrue(conditions, 'Launched')) {
      const left = waits(uid, 'launch', launchMilliseconds);
      if (left > 0) return requeueAfter(left);
      const failure = ledger.has(uid) ? undefined : launchFailure(fate, instanceTypeOf(claim));
      if (failure !== undefined) {
        await say(claim, [{ type: 'Launched', status: 'False', ...failure }]);
        if (fate === 'insufficientCapacityDeleted') await ignoreNotFound(client.delete(nodeClaims, { name }));
        return requeueAfter(retryMilliseconds);
      }
      buy(claim);
      await say(claim, [happened('Launched')], { providerID: providerIdOf(claim) });
      return requeueAfter(0);
    }
    buy(claim);
    if (fate === 'neverRegisters') {
      await say(claim, [
        {
          type: 'Registered',
          status: 'Unknown',
          reason: 'NodeNotFound',
          message: 'Node not registered with cluster',
        },
      ]);
      return requeueAfter(retryMilliseconds);
    }
    if (!isTrue(conditions, 'Registered')) {
      const left = waits(uid, 'register', registerMilliseconds);
      if (left > 0) return requeueAfter(left);
      await register(claim, fate);
      return requeueAfter(0);
    }
    const left = waits(uid, 'initialize', initializeMilliseconds);
    if (left > 0) return requeueAfter(left);
    return isTrue(conditions, 'Ready') ? done : initialize(claim, fate);
  }

  function buy(claim: NodeClaim): void {
    const { uid = '', name } = claim.metadata;
    const place = workspaceOf(claim);
    const workspace = place === undefined ? undefined : `${place.namespace}/${place.name}`;
    ledger.buy({ uid, claim: name, node: nodeNameOf(claim), instanceType: instanceTypeOf(claim), workspace });
  }

  function machineOf(claim: NodeClaim, fate: ClaimFate): Parameters<typeof nodeOf>[0] {
    const { catalogue, player } = parts;
    const instanceType = catalogue.instanceType(instanceTypeOf(claim));
    return { claim, instanceType, player, withGpus: fate !== 'withoutGpus' };
  }

  async function register(claim: NodeClaim, fate: ClaimFate): Promise<void> {
    const machine = machineOf(claim, fate);
    const node = nodeOf(machine);
    try {
      await client.create(kinds.nodes, node);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    if (parts.player === 'provider')
      await playReady(client, node.metadata.name, capacityOf(machine), node.spec?.taints);
    await say(claim, [happened('Registered')], { nodeName: node.metadata.name });
  }

  async function initialize(claim: NodeClaim, fate: ClaimFate): Promise<Outcome> {
    const node = await ignoreNotFound(client.get(kinds.nodes, { name: nodeNameOf(claim) }));
    if (fate === 'neverInitializes' || !isTrue(conditionsOf(node), 'Ready')) {
      const message = 'Node status is NotReady';
      await say(claim, [{ type: 'Initialized', status: 'Unknown', reason: 'NodeNotReady', message }]);
      return requeueAfter(fate === 'neverInitializes' ? behaviour().retryMilliseconds : pollMilliseconds);
    }
    await say(claim, [happened('Initialized'), happened('Ready')]);
    return done;
  }

  async function say(
    claim: NodeClaim,
    said: readonly Omit<Condition, 'lastTransitionTime'>[],
    fields: object = {},
  ): Promise<void> {
    const before = claim.status?.conditions ?? [];
    const conditions = said.reduce<readonly Condition[]>(withCondition, before);
    if (sameConditions(before, conditions) && Object.keys(fields).length === 0) return;
    const value = { metadata: { uid: claim.metadata.uid }, status: { ...fields, conditions } };
    await ignoreNotFound(client.patchStatus(nodeClaims, claim.metadata, { type: 'merge', value }));
  }

  /** As Karpenter does it: the pods first, then the machine, then the claim. */
  async function terminate(claim: NodeClaim): Promise<Outcome> {
    const { uid = '', name, finalizers = [] } = claim.metadata;
    if (!finalizers.includes(terminationFinalizer)) return done;
    const node = nodeNameOf(claim);
    await repelPods(client, node);
    const { items } = await client.list<Pod>(kinds.pods, { fieldSelector: `spec.nodeName=${node}` });
    if (items.length > 0) {
      ledger.evict(
        uid,
        items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
      );
      const going = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      await Promise.all(going.map(({ metadata }) => ignoreNotFound(client.delete(kinds.pods, metadata))));
      return requeueAfter(pollMilliseconds);
    }
    const left = waits(uid, 'terminate', behaviour().terminateMilliseconds);
    if (left > 0) return requeueAfter(left);
    await ignoreNotFound(client.delete(kinds.nodes, { name: node }));
    ledger.release(uid);
    const value = {
      metadata: {
        resourceVersion: claim.metadata.resourceVersion,
        finalizers: finalizers.filter((finalizer) => finalizer !== terminationFinalizer),
      },
    };
    await ignoreNotFound(client.patch(nodeClaims, { name }, { type: 'merge', value }));
    return done;
  }
}

/** So that no pod comes to a node that is to go. */
async function repelPods(client: KubeClient, name: string): Promise<void> {
  const node = await ignoreNotFound(client.get(kinds.nodes, { name }));
  const taints = node?.spec?.taints ?? [];
  if (node === undefined || taints.some(({ key }) => key === disruptedTaint.key)) return;
  const value = {
    metadata: { resourceVersion: node.metadata.resourceVersion },
    spec: { taints: [...taints, disruptedTaint] },
  };
  await client.patch(kinds.nodes, { name }, { type: 'merge', value });
}

const disruptedTaint = { key: 'karpenter.sh/disrupted', effect: 'NoSchedule' } as const;

const awaiting: readonly Omit<Condition, 'lastTransitionTime'>[] = [
  'Launched',
  'Registered',
  'Initialized',
  'Ready',
].map((type) => ({
  type,
  status: 'Unknown',
  reason: 'AwaitingReconciliation',
  message: 'object is awaiting reconciliation',
}));

function happened(type: string): Omit<Condition, 'lastTransitionTime'> {
  return { type, status: 'True', reason: type, message: '' };
}

function conditionsOf(node: Node | undefined): readonly Condition[] {
  return (node?.status?.conditions ?? []) as unknown as readonly Condition[];
}

/** Where no kwok runs: the node says itself that it is well. */
async function playReady(
  client: KubeClient,
  name: string,
  capacity: Readonly<Record<string, string>>,
  taints: unknown,
): Promise<void> {
  const time = new Date().toISOString();
  const ready = { type: 'Ready', status: 'True', reason: 'Played', message: 'played by the fake provider' };
  const conditions = [{ ...ready, lastHeartbeatTime: time, lastTransitionTime: time }];
  const value = { status: { capacity, allocatable: capacity, conditions } };
  await client.patchStatus(kinds.nodes, { name }, { type: 'merge', value });
  // The node controller taints a node until it has seen it Ready.
  await client.patch(kinds.nodes, { name }, { type: 'merge', value: { spec: { taints } } });
}
