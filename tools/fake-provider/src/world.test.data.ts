import type { KubeClient, Pod } from '@kaito-ts/kube-runtime';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createClient,
  createTransport,
  ignoreNotFound,
  kinds,
  loadKubeconfig,
  Reflector,
  silentLogger,
  systemClock,
} from '@kaito-ts/kube-runtime';
import { startLocalCluster } from '@kaito-ts/local-cluster';
import { createOperator, parseOptions } from '@kaito-ts/operator';
import { embeddedCatalogue } from '@kaito-ts/preset-catalog';
import { Registry } from 'prom-client';
import { expect } from 'vitest';
import { startFakeProvider, type FakeProvider } from './fake-provider.ts';
import { firstFalse, modes, prepare, statusOf, workspaces, type Mode } from './workspace.test.data.ts';

export const patience: { readonly timeout: number; readonly interval: number } = {
  timeout: 25_000,
  interval: 25,
};
const namespace = 'models';

export function place(name: string): { readonly name: string; readonly namespace: string } {
  return { name, namespace };
}

export interface World extends Expectations {
  readonly client: KubeClient;
  readonly provider: FakeProvider;
  readonly end: () => Promise<void>;
}

interface Expectations {
  readonly expectReady: (name: string) => Promise<void>;
  /** Of the first condition that is not True. */
  readonly expectFirst: (name: string, wanted: object) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
}

function expectations(client: KubeClient): Expectations {
  return {
    expectReady: async (name) => {
      await expect.poll(async () => (await statusOf(client, place(name))).state, patience).toBe('Ready');
    },
    expectFirst: async (name, wanted) => {
      await expect
        .poll(async () => firstFalse(await statusOf(client, place(name))), patience)
        .toMatchObject(wanted);
    },
    remove: async (name) => {
      await client.delete(workspaces, place(name));
      await expect.poll(() => ignoreNotFound(client.get(workspaces, place(name))), patience).toBeUndefined();
    },
  };
}

/** The operator in this process with a provider of ours, on the cluster for one machine: no program, no image, no cloud. */
export async function startWorld(mode: Mode): Promise<World> {
  await using started = new AsyncDisposableStack();
  const stateDirectory = await mkdtemp(join(tmpdir(), 'kaito-provisioning-'));
  started.defer(() => rm(stateDirectory, { recursive: true, force: true }));
  const cluster = await startLocalCluster({ stateDirectory });
  started.defer(() => cluster.close());
  const access = await loadKubeconfig({ path: cluster.kubeconfigPath, env: {} });
  const transport = createTransport(access, { userAgent: 'test' });
  started.defer(() => transport.close());
  const client = createClient(transport);
  await prepare(client, namespace);
  const provider = await startFakeProvider({
    kubeconfigPath: cluster.kubeconfigPath,
    player: 'provider',
    behaviour: { retryMilliseconds: 100 },
  });
  started.use(provider);
  const ended = new AbortController();
  const operator = createOperator({
    client,
    options: parseOptions([...modes[mode], '--node-claim-timeout=2'], {}, 'test'),
    catalogue: embeddedCatalogue(),
    recordTexts: [],
    identity: 'test',
    logger: silentLogger,
    clock: systemClock,
    registry: new Registry(),
    listening: () => {},
  });
  const running = Promise.all([operator.run(ended.signal), playKubelet(client, ended.signal)]);
  started.defer(async () => {
    ended.abort();
    await running;
  });
  const all = started.move();
  return { ...expectations(client), client, provider, end: () => all.disposeAsync() };
}

/** Makes every scheduled pod ready, and lets deleted ones go. */
async function playKubelet(client: KubeClient, signal: AbortSignal): Promise<void> {
  const pods = new Reflector({ client, kind: kinds.pods, labelSelector: 'kaito.sh/workspace' });
  pods.onChange(({ type, object }) => {
    if (type !== 'deleted') void advance(client, object).catch(() => undefined);
  });
  await pods.run(signal);
}

async function advance(client: KubeClient, { metadata, spec, status }: Pod): Promise<void> {
  if (metadata.deletionTimestamp !== undefined) {
    await ignoreNotFound(client.delete(kinds.pods, metadata, { gracePeriodSeconds: 0 }));
    return;
  }
  const others = (status?.conditions ?? []).filter(({ type }) => type !== 'Ready');
  if (spec?.nodeName === undefined || others.length < (status?.conditions ?? []).length) return;
  const conditions = [...others, { type: 'Ready', status: 'True' }];
  await client.patchStatus(kinds.pods, metadata, {
    type: 'merge',
    value: { status: { phase: 'Running', conditions } },
  });
}
