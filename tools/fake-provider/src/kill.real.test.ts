import type { PassingWrite, Trap, WriteGate } from '@kaito-ts/chaos-proxy';
import type { KubeClient } from '@kaito-ts/kube-runtime';
import type { RealCluster } from '@kaito-ts/real-cluster';
import type { Purchase } from './ledger.ts';
import type { OperatorBundle, OperatorProgram } from './operator-program.test.data.ts';
import { seededRandom, startChaosProxy, startWriteGate } from '@kaito-ts/chaos-proxy';
import { createClient, createTransport, ignoreNotFound, kinds, loadKubeconfig } from '@kaito-ts/kube-runtime';
import { startRealCluster, waitFor } from '@kaito-ts/real-cluster';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeProvider, type FakeProvider } from './fake-provider.ts';
import { nodeClassKinds } from './kinds.ts';
import { prepareOperatorProgram, startOperatorProgram } from './operator-program.test.data.ts';
import {
  applying,
  boughtFor,
  leftovers,
  modes,
  onOneNode,
  onTwoNodes,
  prepare,
  statusOf,
  submit,
  workspaces,
  type Mode,
} from './workspace.test.data.ts';

const namespace = 'models';
const patience = { milliseconds: 60_000 };
/** Two nodes at first, then one, then two again. */
const boughtInALife = 3;

/** Who is quicker can merge two writes or split one; a write that recurs is met by one of so many lives. */
const livesForAKill = 4;

interface Step {
  readonly name: string;
  /** The first or a later write of this name in a life. */
  readonly occurrence: number;
}

interface Row extends Step {
  readonly when: Trap['when'];
  /** Which life this was, from 1, of those lived to be killed here. */
  readonly life: number;
  readonly hit: boolean;
  readonly bought: number;
  /** Pods that were still on a node when it was given back. */
  readonly evicted: readonly string[];
  readonly left: number;
}

let cluster: RealCluster;
let bundle: OperatorBundle;
let client: KubeClient;
let provider: FakeProvider;
const closing = new AsyncDisposableStack();

beforeAll(async () => {
  bundle = closing.use(await prepareOperatorProgram());
  cluster = await startRealCluster({ progress: (line) => process.stderr.write(`${line}\n`) });
  closing.defer(() => cluster.stop());
  const access = await loadKubeconfig({ path: cluster.kubeconfigPath, env: {} });
  const transport = createTransport(access, { userAgent: 'kill-test' });
  client = createClient(transport);
  closing.defer(() => transport.close());
  await prepare(client, namespace, 'kaito-system');
  provider = closing.use(await startFakeProvider({ kubeconfigPath: cluster.kubeconfigPath }));
}, 300_000);

afterAll(() => closing.disposeAsync(), 60_000);

function nameOfWrite({ verb, resource, body }: PassingWrite): string | undefined {
  if (resource === 'events' || resource === 'leases') return undefined;
  if (resource === 'workspaces') {
    const { finalizers = [] } = (body as { metadata?: { finalizers?: readonly string[] } }).metadata ?? {};
    return finalizers.length > 0
      ? 'patch Workspace: hold the finalizer'
      : 'patch Workspace: release the finalizer';
  }
  return `${verb} ${resource}`;
}

/** Counts the writes of a life and springs the trap at the one that is asked for. */
class Watchman {
  readonly seen: Step[] = [];
  #armed: { readonly step: Step; readonly trap: Trap } | undefined;
  hit = false;

  arm(step: Step, trap: Trap): void {
    this.#armed = { step, trap };
    this.begin();
  }

  begin(): void {
    this.seen.length = 0;
    this.hit = false;
  }

  disarm(): void {
    this.#armed = undefined;
  }

  onWrite = (write: PassingWrite): Trap | undefined => {
    const name = nameOfWrite(write);
    if (name === undefined || this.hit) return undefined;
    const occurrence = this.seen.filter((step) => step.name === name).length + 1;
    this.seen.push({ name, occurrence });
    const { step, trap } = this.#armed ?? {};
    if (step?.name !== name || step.occurrence !== occurrence) return undefined;
    this.hit = true;
    return trap;
  };
}

async function configure(name: string, nodes: number): Promise<void> {
  const data = { 'inference_config.yaml': `vllm:\n  pipeline-parallel-size: ${nodes}\n` };
  const metadata = { name: `${name}-config`, namespace };
  await client.apply(kinds.configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }, applying);
}

async function readyOn(name: string, nodes: number): Promise<void> {
  await waitFor(
    `${name} Ready on ${nodes} node(s)`,
    async () => {
      const { state, targetNodeCount, workerNodes = [] } = await statusOf(client, { name, namespace });
      if (state !== 'Ready' || targetNodeCount !== nodes || workerNodes.length !== nodes) return undefined;
      const there = (await leftovers(client)).filter((object) => object.startsWith('Node/'));
      return there.length === nodes ? true : undefined;
    },
    {
      ...patience,
      explain: async () =>
        JSON.stringify([await statusOf(client, { name, namespace }), await leftovers(client)], undefined, 1),
    },
  );
}

/** Two nodes, one, two, none. */
async function live(name: string): Promise<readonly Purchase[]> {
  await configure(name, 2);
  await submit(client, {
    name,
    namespace,
    inference: { preset: { name: onOneNode }, config: `${name}-config` },
  });
  await readyOn(name, 2);
  await configure(name, 1);
  await readyOn(name, 1);
  await configure(name, 2);
  await readyOn(name, 2);
  await client.delete(workspaces, { name, namespace });
  await waitFor(
    `no ${name}`,
    async () => ((await ignoreNotFound(client.get(workspaces, { name, namespace }))) ? undefined : true),
    {
      ...patience,
      explain: async () =>
        JSON.stringify([await statusOf(client, { name, namespace }), await leftovers(client)]),
    },
  );
  await waitFor(
    `no pods of ${name}`,
    async () => ((await client.list(kinds.pods, { namespace })).items.length === 0 ? true : undefined),
    patience,
  );
  return boughtFor(provider.purchases, { name, namespace });
}

/** They are written when the operator starts, and again when somebody deletes them. */
async function forgetNodeClasses({ name }: Step): Promise<void> {
  const kind = nodeClassKinds.find(({ plural }) => name.endsWith(` ${plural}`));
  if (kind === undefined) return;
  const { items } = await client.list(kind);
  for (const { metadata } of items) await ignoreNotFound(client.delete(kind, metadata));
}

/** How often these happen depends on who is quicker; the first times stand for all of them. */
const varying = new Map([
  ['patch workspaces/status', 2],
  ['delete pods', 1],
]);

function steps(seen: readonly Step[]): readonly Step[] {
  return seen.filter(({ name, occurrence }) => occurrence <= (varying.get(name) ?? occurrence));
}

describe.each(['karpenter', 'azure-gpu-provisioner'] as const)('%s', (mode: Mode) => {
  test('killed at every write of a life: just as many nodes, none left', { timeout: 1_500_000 }, async () => {
    const watchman = new Watchman();
    await using gate: WriteGate = await startWriteGate({
      kubeconfigPath: cluster.kubeconfigPath,
      onWrite: watchman.onWrite,
    });
    let operator: OperatorProgram = await startOperatorProgram(bundle, gate.kubeconfigPath, modes[mode]);
    let restarted: Promise<unknown> = Promise.resolve();
    async function restart(): Promise<void> {
      await operator.kill();
      operator = await startOperatorProgram(bundle, gate.kubeconfigPath, modes[mode]);
    }
    const rows: Row[] = [];
    try {
      watchman.begin();
      await live(`${mode.slice(0, 4)}-whole`);
      const table = steps([...watchman.seen]);
      expect(table.length).toBeGreaterThan(10);
      for (const [index, step] of table.entries()) {
        for (const when of ['before', 'after'] as const) {
          for (let life = 1; life <= livesForAKill; life++) {
            const name = `${mode.slice(0, 4)}-${index}-${when}-${life}`;
            watchman.arm(step, {
              when,
              act: async () => {
                restarted = restart();
                await restarted;
              },
            });
            await forgetNodeClasses(step);
            const bought = await live(name);
            await restarted;
            const left = await leftovers(client);
            rows.push({
              ...step,
              when,
              life,
              hit: watchman.hit,
              bought: bought.length,
              evicted: bought.flatMap(({ evicted }) => evicted),
              left: left.length,
            });
            if (watchman.hit) break;
          }
        }
      }
    } finally {
      await operator.stop();
      tell(mode, rows);
    }
    expect(rows.filter(({ life, hit }) => !hit && life === livesForAKill)).toEqual([]);
    expect(rows.filter(({ bought }) => bought !== boughtInALife)).toEqual([]);
    expect(rows.filter(({ evicted, left }) => evicted.length + left > 0)).toEqual([]);
  });

  test('with a fifth of all calls failing: the exact number of machines', { timeout: 400_000 }, async () => {
    await using proxy = await startChaosProxy({
      kubeconfigPath: cluster.kubeconfigPath,
      random: seededRandom(7),
      longestDelayMilliseconds: 500,
      longestWatchMilliseconds: 3_000,
    });
    const operator = await startOperatorProgram(bundle, proxy.kubeconfigPath, modes[mode]);
    const places = Array.from({ length: 6 }, (_, index) => ({
      namespace,
      name: `chaos-${mode.slice(0, 4)}-${index}`,
    }));
    const deep = { milliseconds: 150_000 };
    try {
      for (const place of places) await submit(client, { ...place, preset: onTwoNodes });
      for (const place of places)
        await waitFor(
          `${place.name} Ready`,
          async () => ((await statusOf(client, place)).state === 'Ready' ? true : undefined),
          { ...deep, explain: async () => JSON.stringify(await statusOf(client, place)) },
        );
      for (const place of places) await client.delete(workspaces, place);
      for (const place of places)
        await waitFor(
          `no ${place.name}`,
          async () => ((await ignoreNotFound(client.get(workspaces, place))) ? undefined : true),
          { ...deep, explain: async () => JSON.stringify(await statusOf(client, place)) },
        );
    } finally {
      await operator.stop();
    }
    const bought = places.map((place) => boughtFor(provider.purchases, place).length);
    process.stdout.write(`${mode}: chaos ${JSON.stringify(proxy.statistics)}, bought ${bought.join(' ')}\n`);
    expect(bought).toEqual(places.map(() => 2));
    expect(await leftovers(client)).toEqual([]);
  });
});

function tell(mode: Mode, rows: readonly Row[]): void {
  const lines = rows.map(
    ({ name, occurrence, when, hit, bought, evicted, left }) =>
      `${when.padEnd(6)} ${`${name} #${occurrence}`.padEnd(48)} ${hit ? 'hit' : 'NOT HIT'}  bought ${bought}  evicted ${evicted.length === 0 ? 0 : evicted.join(' ')}  left ${left}`,
  );
  process.stdout.write(
    `\n${mode}: killed in ${rows.filter(({ hit }) => hit).length} of ${rows.length} lives\n${lines.join('\n')}\n`,
  );
}
