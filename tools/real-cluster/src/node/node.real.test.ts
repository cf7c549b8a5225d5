import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import {
  createClient,
  createTransport,
  kinds,
  loadKubeconfig,
  type Applied,
  type KubeClient,
  type Pod,
} from '@kaito-ts/kube-runtime';
import { stopCluster } from '../down.ts';
import { startRealCluster, type RealCluster } from '../real-cluster.ts';
import { readState } from '../state.ts';

const execute = promisify(execFile);
const patience = { timeout: 180_000 };
/** Stopped after each test, however it ends; stopping twice does nothing. */
const started: Promise<RealCluster>[] = [];
afterEach(async () => {
  for (const outcome of await Promise.allSettled(started.splice(0)))
    if (outcome.status === 'fulfilled') await outcome.value.stop();
}, 300_000);

const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write('real node: left out, for containers need root\n');

it.runIf(isRoot)(
  'runs containers whose logs can be read, lets them reach the API server by its Service, and leaves nothing',
  async () => {
    const before = await leftovers();
    const cluster = await start();
    await withClient(cluster, async (client) => {
      // Plain HTTP makes the API server say that it speaks HTTPS, which is all that is asked of it here.
      const question = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | /bin/busybox nc -w 5 $KUBERNETES_SERVICE_HOST 443`;
      await client.create(kinds.pods, pod('asks', `${question}; exec /bin/busybox sleep 600`));
      await expect.poll(() => logOf(client, 'asks'), patience).toContain('HTTPS server');
    });
    await cluster.stop();
    await expect.poll(() => leftBeside(before), patience).toEqual([]);
  },
  900_000,
);

it.runIf(isRoot)(
  'two at once do not meet; after a crash of all processes the state file is enough to clean up',
  async () => {
    const before = await leftovers();
    const [one, two] = await Promise.all([start(), start()]);
    await withClient(one, async (client) => {
      await client.create(kinds.pods, pod('stays', 'exec /bin/busybox sleep 600'));
      await expect
        .poll(
          async () => (await client.get(kinds.pods, { namespace: 'default', name: 'stays' })).status?.phase,
          patience,
        )
        .toBe('Running');
      await two.stop();
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      const { status } = await client.get(kinds.pods, { namespace: 'default', name: 'stays' });
      expect(status?.containerStatuses).toMatchObject([{ ready: true, restartCount: 0 }]);
    });
    const state = await readState(one.directory);
    for (const { pid } of Object.values(state?.processes ?? {})) process.kill(pid, 'SIGKILL');
    await stopCluster(one.directory);
    await one.stop();
    await expect.poll(() => leftBeside(before), patience).toEqual([]);
  },
  900_000,
);

function start(): Promise<RealCluster> {
  const cluster = startRealCluster({ node: true, gpus: 1, progress: print });
  started.push(cluster);
  return cluster;
}

function pod(name: string, script: string): Applied<Pod> {
  const resources = { limits: { 'nvidia.com/gpu': '1' } };
  const command = ['/bin/busybox', 'sh', '-c', script];
  return {
    metadata: { name, namespace: 'default' },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'main', image: 'kaito/pause:1', command, resources }],
    },
  };
}

async function logOf(client: KubeClient, name: string): Promise<string> {
  let text = '';
  for await (const piece of client.logs({ namespace: 'default', name })) text += piece;
  return text;
}

async function withClient(cluster: RealCluster, use: (client: KubeClient) => Promise<void>): Promise<void> {
  const transport = createTransport(await loadKubeconfig({ path: cluster.kubeconfigPath, env: {} }), {
    userAgent: 'test/1',
  });
  try {
    await use(createClient(transport));
  } finally {
    await transport.close();
  }
}

/** What is there beside what was there before. */
async function leftBeside(before: readonly string[]): Promise<readonly string[]> {
  const known = new Set(before);
  return (await leftovers()).filter((each) => !known.has(each));
}

/** Everything a node could leave on this machine; other engineers' nodes may be among it. */
async function leftovers(): Promise<readonly string[]> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n');
  const links = (await execute('ip', ['-o', 'link'])).stdout.split('\n');
  const routes = (await execute('ip', ['route'])).stdout.split('\n');
  const chains = (await execute('iptables', ['-t', 'nat', '-S'])).stdout.split('\n');
  const found = {
    mount: mounts.filter((line) => line.includes('/node/')),
    link: links.map((line) => line.split(':')[1]?.trim() ?? ''),
    route: routes,
    chain: chains,
    namespace: await namesIn('/run/netns'),
    cgroup: [...(await namesIn('/sys/fs/cgroup')), ...(await namesIn('/sys/fs/cgroup/memory'))].filter(
      (name) => name.startsWith('kaito-'),
    ),
    log: await namesIn('/var/log/containers'),
    cached: await namesIn('/var/lib/cni/results'),
    shim: await namesIn('/run/containerd/s'),
    process: await shimProcesses(),
  };
  return Object.entries(found).flatMap(([what, names]) => names.map((name) => `${what} ${name}`));
}

async function shimProcesses(): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(join('/proc', pid, 'cmdline'), 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes('containerd') || line.includes('docker-registry'));
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

function print(line: string): void {
  process.stderr.write(`real node: ${line}\n`);
}
