import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { createClient, createTransport, kinds, loadKubeconfig } from '@kaito-ts/kube-runtime';
import { kubectlPath } from './binaries.ts';
import { startRealCluster } from './real-cluster.ts';
import { clusterStatus } from './status.ts';

const execute = promisify(execFile);

it('runs two at once, schedules pods, and leaves nothing behind', async () => {
  const route = '10.251.7.0/24';
  const [one, two] = await Promise.all([startRealCluster({ kwokNodes: 2, route }), startRealCluster()]);
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
    .poll(async () => (await client.get(kinds.pods, { name: 'p', namespace: 'default' })).status?.phase, {
      timeout: 20_000,
    })
    .toBe('Running');
  await transport.close();

  const pids = Object.values(status.components).map(({ pid }) => String(pid));
  await Promise.all([one.stop(), two.stop()]);
  const running = new Set(await readdir('/proc'));
  expect(pids.filter((pid) => running.has(pid))).toEqual([]);
  expect((await execute('ip', ['route', 'show', 'table', 'local', route])).stdout).toBe('');
  await expect(readdir(one.directory)).rejects.toThrow('ENOENT');
});

it('says why the API server does not start, and leaves nothing running', async () => {
  const one = await startRealCluster();
  const port = Number(new URL(one.url).port);
  await expect(startRealCluster({ port })).rejects.toThrow(/kube-apiserver ended:[^]*address already in use/);
  await one.stop();
});
