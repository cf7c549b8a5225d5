import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import { createClient, createTransport, kinds, loadKubeconfig } from '@kaito-ts/kube-runtime';
import { kubectlPath } from './binaries.ts';
import { isAlive } from './process-identity.ts';
import { startRealCluster, type RealCluster, type RealClusterOptions } from './real-cluster.ts';
import { readState } from './state.ts';
import { clusterStatus } from './status.ts';

const execute = promisify(execFile);
const patience = { timeout: 180_000 };

/** Stopped after each test, however it ends; stopping twice does nothing. */
const started: Promise<RealCluster>[] = [];
function start(options: RealClusterOptions = {}): Promise<RealCluster> {
  const cluster = startRealCluster(options);
  started.push(cluster);
  return cluster;
}
afterEach(async () => {
  for (const outcome of await Promise.allSettled(started.splice(0)))
    if (outcome.status === 'fulfilled') await outcome.value.stop();
}, 300_000);

it('runs two at once, schedules pods, and leaves nothing behind', { timeout: 900_000 }, async () => {
  const route = `10.251.${process.pid % 256}.0/24`;
  const [one, two] = await Promise.all([start({ kwokNodes: 2, route }), start()]);
  const kubectl = await kubectlPath();
  const status = await clusterStatus(one.directory);
  expect(status).toMatchObject({ running: true, routes: [route] });
  expect((await execute('ip', ['route', 'show', 'table', 'local', route])).stdout).toContain('dev lo');

  const { stdout } = await execute(kubectl, [
    '--kubeconfig',
    one.kubeconfigPath,
    'get',
    'nodes',
    '-o',
    'name',
  ]);
  expect(stdout).toBe('node/gpu-1\nnode/gpu-2\n');
  expect((await execute(kubectl, ['--kubeconfig', two.kubeconfigPath, 'get', 'nodes'])).stderr).toContain(
    'No resources found',
  );

  const transport = createTransport(await loadKubeconfig({ path: one.kubeconfigPath, env: {} }), {
    userAgent: 'test/1',
  });
  const client = createClient(transport);
  const containers = [{ name: 'main', image: 'x', resources: { limits: { 'nvidia.com/gpu': '1' } } }];
  await client.create(kinds.pods, { metadata: { name: 'p', namespace: 'default' }, spec: { containers } });
  await expect
    .poll(
      async () => (await client.get(kinds.pods, { name: 'p', namespace: 'default' })).status?.phase,
      patience,
    )
    .toBe('Running');
  await transport.close();

  const state = await readState(one.directory);
  const identities = Object.values(state?.processes ?? {});
  expect(identities.map(({ pid }) => pid)).toEqual(Object.values(status.components).map(({ pid }) => pid));
  await Promise.all([one.stop(), two.stop()]);
  expect(await Promise.all(identities.map(isAlive))).toEqual(identities.map(() => false));
  expect((await execute('ip', ['route', 'show', 'table', 'local', route])).stdout).toBe('');
  await expect(readdir(one.directory)).rejects.toThrow('ENOENT');
});

it('says why the API server does not start, and leaves nothing running', { timeout: 900_000 }, async () => {
  const one = await start();
  const port = Number(new URL(one.url).port);
  await expect(start({ port })).rejects.toThrow(/kube-apiserver ended:[^]*address already in use/);
});
