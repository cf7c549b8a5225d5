import type { Reconcile, ResourceKind } from '@kaito-ts/kube-runtime';
import type { Catalogue } from '@kaito-ts/preset-catalog';
import type { NodeClass } from './kinds.ts';
import type { NodePlayer } from './machine.ts';
import {
  createClient,
  createController,
  createTransport,
  done,
  ignoreNotFound,
  kinds,
  loadKubeconfig,
  Reflector,
  silentLogger,
  type Logger,
} from '@kaito-ts/kube-runtime';
import { embeddedCatalogue } from '@kaito-ts/preset-catalog';
import { defaultBehaviour, type Behaviour } from './behaviour.ts';
import { createClaimReconcile } from './claims.ts';
import { sameConditions, withCondition } from './conditions.ts';
import { installKarpenterCrds } from './install.ts';
import { nodeClaims, nodeClassKinds, nodePools, poolLabel } from './kinds.ts';
import { Ledger, type Purchase } from './ledger.ts';
import { createPoolReconcile } from './pools.ts';

export interface FakeProviderOptions {
  readonly kubeconfigPath: string;
  /** Beyond the default: everything is launched within a tenth of a second. */
  readonly behaviour?: Partial<Behaviour>;
  /** Who makes nodes Ready. Default kwok, which runs in real-cluster. */
  readonly player?: NodePlayer;
  /** Where GPUs of an instance type are looked up. Default: the embedded catalogue. */
  readonly catalogue?: Catalogue;
  /** Default true. */
  readonly installCrds?: boolean;
  readonly logger?: Logger;
}

export interface FakeProvider extends AsyncDisposable {
  /** Every machine that was ever bought, released ones included. */
  readonly purchases: readonly Purchase[];
  /** From now on; claims that wait are looked at again. */
  behave(change: Partial<Behaviour>): void;
  /** Deletes a machine behind everybody's back: its node goes, and its claim, as Karpenter finds it out. */
  loseMachine(claim: string): Promise<void>;
  stop(): Promise<void>;
}

/** Plays Karpenter (static capacity) and the GPU provisioner on a cluster until it is stopped. */
export async function startFakeProvider(options: FakeProviderOptions): Promise<FakeProvider> {
  const { player = 'kwok', catalogue = embeddedCatalogue(), logger = silentLogger } = options;
  const access = await loadKubeconfig({ path: options.kubeconfigPath, env: {} });
  const transport = createTransport(access, { userAgent: 'kaito-fake-provider' });
  const client = createClient(transport);
  if (options.installCrds !== false) await installKarpenterCrds(client);
  const ledger = new Ledger();
  let behaviour: Behaviour = { ...defaultBehaviour, ...options.behaviour };

  const claims = new Reflector({ client, kind: nodeClaims, logger });
  const pools = new Reflector({ client, kind: nodePools, logger });
  const classes = nodeClassKinds.map((kind) => new Reflector({ client, kind, logger }));
  const reconcileClaim = createClaimReconcile({
    client,
    catalogue,
    ledger,
    player,
    behaviour: () => behaviour,
    now: () => performance.now(),
  });
  const claimController = createController({
    name: 'claims',
    reconcile: (key) => reconcileClaim(key),
    logger,
  });
  const reconcilePool = createPoolReconcile(client);
  const poolController = createController({ name: 'pools', reconcile: (key) => reconcilePool(key), logger });
  const classController = createController({ name: 'classes', reconcile: judgeClass, logger });

  claims.onChange(({ object }) => {
    claimController.queue.add(object.metadata.name);
    const pool = object.metadata.labels?.[poolLabel];
    if (pool !== undefined) poolController.queue.add(pool);
  });
  pools.onChange(({ object }) => poolController.queue.add(object.metadata.name));
  for (const [index, reflector] of classes.entries())
    reflector.onChange(({ object }) => {
      classController.queue.add(`${index}/${object.metadata.name}`);
      for (const name of pools.store.keys()) poolController.queue.add(name);
    });

  async function judgeClass(...[key]: Parameters<Reconcile>): Promise<typeof done> {
    const [index = '', name = ''] = key.split('/', 2);
    const kind = nodeClassKinds[Number(index)] as ResourceKind<NodeClass>;
    const object = await ignoreNotFound(client.get(kind, { name }));
    if (object === undefined) return done;
    const fault = behaviour.nodeClassFault;
    const before = object.status?.conditions ?? [];
    const ready =
      fault === undefined
        ? ({ type: 'Ready', status: 'True', reason: 'Ready', message: '' } as const)
        : ({ type: 'Ready', status: 'False', reason: 'NotReady', message: fault } as const);
    const conditions = withCondition(before, ready);
    if (sameConditions(before, conditions)) return done;
    const value = { metadata: { uid: object.metadata.uid }, status: { conditions } };
    await ignoreNotFound(client.patchStatus(kind, { name }, { type: 'merge', value }));
    return done;
  }

  const ended = new AbortController();
  const reflectors = [claims, pools, ...classes];
  const running = reflectors.map((reflector) => reflector.run(ended.signal));
  await Promise.all(reflectors.map(({ synced }) => synced));
  const controllers = [claimController, poolController, classController];
  const working = controllers.map((controller) => controller.run(ended.signal));

  const stop = async (): Promise<void> => {
    if (ended.signal.aborted) return;
    ended.abort();
    await Promise.all([...running, ...working]);
    for (const { queue } of controllers) void queue.close();
    await transport.close();
  };
  return {
    get purchases() {
      return ledger.purchases;
    },
    behave: (change) => {
      behaviour = { ...behaviour, ...change };
      for (const key of claims.store.keys()) claimController.queue.add(key);
      for (const [index, { store }] of classes.entries())
        for (const key of store.keys()) classController.queue.add(`${index}/${key}`);
    },
    loseMachine: async (claim) => {
      const { status } = await client.get(nodeClaims, { name: claim });
      if (status?.nodeName !== undefined)
        await ignoreNotFound(client.delete(kinds.nodes, { name: status.nodeName }));
      await ignoreNotFound(client.delete(nodeClaims, { name: claim }));
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
