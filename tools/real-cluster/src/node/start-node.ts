import { mkdir } from 'node:fs/promises';
import {
  createClient,
  createTransport,
  kinds,
  loadKubeconfig,
  type KubeClient,
} from '@kaito-ts/kube-runtime';
import { lastLines, logPath } from '../daemon.ts';
import { isAlive, type ProcessIdentity } from '../process-identity.ts';
import { GiveUpError, waitFor } from '../wait-for.ts';
import { makeCgroup } from './cgroup.ts';
import { nodeComponentNames, type NodeComponentName } from './components.ts';
import { listens } from './listens.ts';
import { writeNodeFiles } from './node-files.ts';
import { pushPauseImage } from './pause-image.ts';
import { containerdSocket, registryOf, type NodePlan } from './plan.ts';

const READY_MILLISECONDS = 120_000;

export interface StartNodeOptions {
  readonly plan: NodePlan;
  /** Folder with the logs. */
  readonly directory: string;
  readonly kubeconfigPath: string;
  readonly gpus: number;
  /** What was made at the first start is there. */
  readonly restarted: boolean;
  readonly start: (name: NodeComponentName) => Promise<ProcessIdentity>;
  readonly progress: (line: string) => void;
}

/** Starts registry, containerd, kubelet and kube-proxy in a network that is there already; resolves when the node is ready. */
export async function startNode(options: StartNodeOptions): Promise<void> {
  const { plan, kubeconfigPath, progress } = options;
  await mkdir(plan.directory, { recursive: true });
  await writeNodeFiles(plan, kubeconfigPath);
  await makeCgroup(plan.cgroup);
  progress('starting registry, containerd, kubelet and kube-proxy …');
  await startNodeComponents(nodeComponentNames, options);
}

/** Starts components in this order, each when the one before it answers: a kubelet without containerd ends itself. */
export async function startNodeComponents(
  names: readonly NodeComponentName[],
  options: StartNodeOptions,
): Promise<void> {
  const { plan } = options;
  for (const name of names) {
    const identity = await options.start(name);
    if (name === 'registry')
      await alive(
        options,
        { name, identity },
        async () => (await fetch(`http://${registryOf(plan)}/v2/`)).ok,
      );
    if (name === 'containerd') {
      await alive(options, { name, identity }, () => listens(containerdSocket(plan)));
      if (!options.restarted) await pushPauseImage(plan);
    }
    if (name === 'kubelet') await awaitNode(options, identity);
  }
}

async function awaitNode(options: StartNodeOptions, identity: ProcessIdentity): Promise<void> {
  const transport = createTransport(await loadKubeconfig({ path: options.kubeconfigPath, env: {} }), {
    userAgent: 'real-cluster',
  });
  const client = createClient(transport);
  try {
    await alive(options, { name: 'kubelet', identity }, async () => isReady(client, options.plan.nodeName));
    if (options.gpus > 0) await giveGpus(client, options.plan.nodeName, options.gpus);
  } finally {
    await transport.close();
  }
}

async function isReady(client: KubeClient, name: string): Promise<boolean> {
  const { status } = await client.get(kinds.nodes, { name });
  return (
    status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ??
    false
  );
}

/** GPUs that are only on paper: enough for the scheduler, and what a device's labels would say. */
async function giveGpus(client: KubeClient, name: string, count: number): Promise<void> {
  const capacity = { 'nvidia.com/gpu': String(count) };
  const labels = {
    'nvidia.com/gpu.product': 'NVIDIA-A100-SXM4-80GB',
    'nvidia.com/gpu.count': String(count),
    'nvidia.com/gpu.memory': '81920',
    'node.kubernetes.io/instance-type': 'Standard_NC24ads_A100_v4',
  };
  await client.patch(kinds.nodes, { name }, { type: 'merge', value: { metadata: { labels } } });
  const status = { capacity, allocatable: capacity };
  await client.patchStatus(kinds.nodes, { name }, { type: 'merge', value: { status } });
}

/** Waits for a component, but not for one that has ended. */
async function alive(
  { directory }: StartNodeOptions,
  { name, identity }: { readonly name: string; readonly identity: ProcessIdentity },
  ask: () => Promise<boolean>,
): Promise<void> {
  const lastWords = async (): Promise<string> => lastLines(logPath(directory, name), 10);
  await waitFor(
    name,
    async () => {
      if (!(await isAlive(identity))) throw new GiveUpError(`${name} ended:\n${await lastWords()}`);
      return (await ask()) ? true : undefined;
    },
    { milliseconds: READY_MILLISECONDS, explain: lastWords },
  );
}
