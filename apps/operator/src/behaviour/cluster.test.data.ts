import type { KubeClient, Pod } from '@kaito-ts/kube-runtime';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { customResourceDefinitions } from '@kaito-ts/api-types';
import { createClient, createTransport, kinds, loadKubeconfig, Reflector } from '@kaito-ts/kube-runtime';
import { startLocalCluster } from '@kaito-ts/local-cluster';
import { workspaceKind } from '../cluster/kinds.ts';

/** A cluster to run the operator on, and what tests need from it. */
export interface TestCluster {
  /** A client of its own, so that the operator's writes can be told from the tests'. */
  readonly connect: (userAgent: string) => Promise<KubeClient>;
  readonly stop: () => Promise<void>;
}

const realClusterProgram = fileURLToPath(
  new URL('../../../../tools/real-cluster/bin/real-cluster.mjs', import.meta.url),
);

/** An API server in this process; nodes and kubelets are played by the tests. */
export async function localCluster(): Promise<TestCluster> {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'kaito-operator-local-'));
  const cluster = await startLocalCluster({ stateDirectory });
  return connected(cluster.kubeconfigPath, async () => {
    await cluster.close();
    await rm(stateDirectory, { recursive: true, force: true });
  });
}

/** A real control plane: the one that KAITO_TEST_KUBECONFIG names, else one that tools/real-cluster brings up. */
export async function realCluster(): Promise<TestCluster> {
  const given = process.env['KAITO_TEST_KUBECONFIG'];
  if (given !== undefined) return connected(given, () => Promise.resolve());
  const state = await mkdtemp(join(tmpdir(), 'kaito-operator-real-'));
  await run(['up', '--state', state]);
  return connected(join(state, 'kubeconfig'), async () => {
    await run(['down', '--state', state]);
    await rm(state, { recursive: true, force: true });
  });
}

async function run(argv: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [realClusterProgram, ...argv], { stdio: 'inherit' });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`real-cluster ${argv.join(' ')} ended with ${String(code)}`);
}

async function connected(path: string, stop: () => Promise<void>): Promise<TestCluster> {
  const access = await loadKubeconfig({ path, env: {} });
  const transports: { close(): Promise<void> }[] = [];
  const connect = (userAgent: string): Promise<KubeClient> => {
    const transport = createTransport(access, { userAgent });
    transports.push(transport);
    return Promise.resolve(createClient(transport));
  };
  const client = await connect('kaito-operator-test');
  for (const definition of customResourceDefinitions()) {
    await client.apply(kinds.customResourceDefinitions, definition, applying);
  }
  await served(client);
  return {
    connect,
    stop: async () => {
      await Promise.all(transports.map((transport) => transport.close()));
      await stop();
    },
  };
}

/** A definition that was just written is served a moment later. */
async function served(client: KubeClient): Promise<void> {
  for (let tries = 1; ; tries++) {
    const refusal = await client.list(workspaceKind).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (refusal === undefined) return;
    if (tries === 300) throw refusal;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export const applying = { fieldManager: 'kaito-operator-test', force: true } as const;

/** A Ready node; nobody runs on it but `playKubelet`. It can give more GPUs than its labels say, so that every test finds some. */
export async function addNode(client: KubeClient, name: string, gpus: number): Promise<void> {
  const capacity = {
    cpu: '16',
    memory: '64Gi',
    pods: '110',
    ...(gpus > 0 && { 'nvidia.com/gpu': String(100 * gpus) }),
  };
  const gpuLabels = {
    'nvidia.com/gpu.product': 'NVIDIA-A100-SXM4-80GB',
    'nvidia.com/gpu.count': String(gpus),
    'nvidia.com/gpu.memory': '81920',
  };
  const labels = { apps: 'gpu-test', 'kubernetes.io/hostname': name, ...(gpus > 0 && gpuLabels) };
  await client.apply(kinds.nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } }, applying);
  const conditions = [{ type: 'Ready', status: 'True', reason: 'Played', message: 'played by a test' }];
  const status = { capacity, allocatable: capacity, conditions };
  await client.patchStatus(kinds.nodes, { name }, { type: 'merge', value: { status } });
  // The node controller taints a node until it has seen it Ready.
  await client.patch(kinds.nodes, { name }, { type: 'merge', value: { spec: { taints: [] } } });
}

export interface Kubelet {
  /** While false, pods of this name prefix stay as they are. */
  hold: (prefix: string) => void;
  release: () => void;
  stop: () => Promise<void>;
}

/** Makes every scheduled pod ready, and lets deleted ones go, as a kubelet would. */
export function playKubelet(client: KubeClient): Kubelet {
  const ended = new AbortController();
  const pods = new Reflector({ client, kind: kinds.pods, labelSelector: 'kaito.sh/workspace' });
  let held: string | undefined;
  const act = (pod: Pod): void => void advance(client, pod, held).catch(() => undefined);
  pods.onChange(({ type, object }) => {
    if (type !== 'deleted') act(object);
  });
  const running = pods.run(ended.signal);
  const heart = setInterval(() => void beat(client).catch(() => undefined), 10_000);
  return {
    hold: (prefix) => {
      held = prefix;
    },
    release: () => {
      held = undefined;
      for (const pod of pods.store.list()) act(pod);
    },
    stop: async () => {
      clearInterval(heart);
      ended.abort();
      await running;
    },
  };
}

/** The controller manager calls nodes that do not report themselves for most of a minute unknown. */
async function beat(client: KubeClient): Promise<void> {
  const lastHeartbeatTime = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  for (const { metadata, status } of (await client.list(kinds.nodes)).items) {
    const conditions = (status?.conditions ?? []).map((condition) =>
      Object.assign({}, condition, { lastHeartbeatTime }),
    );
    await client.patchStatus(kinds.nodes, metadata, { type: 'merge', value: { status: { conditions } } });
  }
}

async function advance(
  client: KubeClient,
  { metadata, spec, status }: Pod,
  held: string | undefined,
): Promise<void> {
  if (spec?.nodeName === undefined) return;
  if (metadata.deletionTimestamp !== undefined) {
    await client.delete(kinds.pods, metadata, { gracePeriodSeconds: 0 });
    return;
  }
  const ready = status?.conditions?.some(
    (condition) => condition.type === 'Ready' && condition.status === 'True',
  );
  if (ready === true || (held !== undefined && metadata.name.startsWith(held))) return;
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: new Date().toISOString() }];
  const others = (status?.conditions ?? []).filter(({ type }) => type !== 'Ready');
  const value = { status: { phase: 'Running', conditions: [...others, ...conditions] } };
  await client.patchStatus(kinds.pods, metadata, { type: 'merge', value });
}
