import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kinds } from '@kaito-ts/kube-runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAgentProcess, type AgentProcess } from '../testing/agent-process.ts';
import {
  ClusterFixture,
  containerStatus,
  isReady,
  processesWith,
  waitFor,
} from '../testing/cluster-fixture.ts';
import { hostImage, podOf, shell } from '../testing/node-fixture.ts';

// A real control plane refuses loopback endpoints: give a range that was made local to this machine, such as by
// `ip route add local 10.245.0.0/24 dev lo`.
const kubeconfig = process.env['KAITO_TEST_KUBECONFIG'];
const podCidr = process.env['KAITO_TEST_POD_CIDR'] ?? '10.245.0.0/24';
if (kubeconfig === undefined) {
  process.stderr.write(
    'process-kubelet against a real control plane: left out, KAITO_TEST_KUBECONFIG is not set\n',
  );
}

describe.skipIf(kubeconfig === undefined)('under a real control plane', () => {
  const name = `process-kubelet-${process.pid}`;
  const app = { app: name };
  let directory: string;
  let cluster: ClusterFixture;
  let agent: AgentProcess;

  async function start(): Promise<AgentProcess> {
    const programs = join(directory, 'programs.json');
    writeFileSync(programs, JSON.stringify([{ image: 'test/host' }]));
    const args = [
      '--kubeconfig',
      kubeconfig ?? '',
      '--state',
      join(directory, 's'),
      '--programs',
      programs,
      '--node-name',
      name,
    ];
    return startAgentProcess([
      ...args,
      '--pod-cidr',
      podCidr,
      '--labels',
      `test=${name}`,
      '--gpus',
      '1',
      '--gpu-product',
      'Test',
      '--retry-seconds',
      '0.3',
    ]);
  }
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'pk-'));
    cluster = await ClusterFixture.open(kubeconfig ?? '');
    agent = await start();
  });
  afterAll(async () => {
    await cluster?.client.delete(kinds.deployments, { name, namespace: 'default' }).catch(() => undefined);
    await cluster?.client.delete(kinds.services, { name, namespace: 'default' }).catch(() => undefined);
    await waitFor(async () => (processesWith('74001').length === 0 ? true : undefined));
    await agent?.kill('SIGTERM');
    await cluster?.client.delete(kinds.nodes, { name }).catch(() => undefined);
    await cluster?.transport.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test('the node is Ready and its taints are taken away', async () => {
    const untainted = await waitFor(async () => {
      const node = await cluster.client.get(kinds.nodes, { name });
      const ready = node.status?.conditions?.some(
        ({ type, status }) => type === 'Ready' && status === 'True',
      );
      return ready && (node.spec?.taints ?? []).length === 0 ? true : undefined;
    });
    expect(untainted).toBe(true);
  });

  test('a Deployment is scheduled here, becomes Available, and its Service has an endpoint', async () => {
    const container = shell(
      `node -e 'require("http").createServer((q, r) => r.end("ok")).listen(5000, process.env.IP)' 74001`,
      {
        env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
        readinessProbe: { httpGet: { port: 5000 }, periodSeconds: 1 },
        resources: { limits: { 'nvidia.com/gpu': '1' } },
      },
    );
    const template = {
      metadata: { labels: app },
      spec: { ...podOf(container), nodeSelector: { test: name } },
    };
    await cluster.client.create(kinds.deployments, {
      metadata: { name, namespace: 'default' },
      spec: { replicas: 1, selector: { matchLabels: app }, template },
    } as never);
    await cluster.client.create(kinds.services, {
      metadata: { name, namespace: 'default' },
      spec: { selector: app, ports: [{ port: 80, targetPort: 5000 }] },
    });
    const available = await waitFor(async () => {
      const { status } = await cluster.client.get(kinds.deployments, { name, namespace: 'default' });
      return status?.availableReplicas === 1 ? true : undefined;
    }, 60_000);
    expect(available).toBe(true);
    const address = await waitFor(async () => {
      const { items } = await cluster.client.list(kinds.endpointSlices, {
        namespace: 'default',
        labelSelector: `kubernetes.io/service-name=${name}`,
      });
      return items[0]?.endpoints?.[0]?.addresses?.[0];
    });
    expect(await (await fetch(`http://${address ?? ''}:5000`)).text()).toBe('ok');
  });

  test('logs come through the API server', async () => {
    await cluster.createPod(`${name}-log`, {
      ...podOf(shell('echo one; echo two; exec sleep 74002')),
      nodeSelector: { test: name },
    } as never);
    await cluster.waitForPod(`${name}-log`, isReady);
    const text = await waitFor(async () => {
      let all = '';
      for await (const chunk of cluster.client.logs(
        { name: `${name}-log`, namespace: 'default' },
        { tailLines: 1 },
      ))
        all += chunk;
      return all === '' ? undefined : all;
    });
    expect(text).toBe('two\n');
    await cluster.deletePod(`${name}-log`);
    await cluster.waitUntilGone(`${name}-log`);
    expect(processesWith('74002')).toEqual([]);
  });

  test('finished pods of every policy are accepted, and a restarted agent goes on', async () => {
    await cluster.createPod(`${name}-job`, {
      ...podOf(shell('exit 0')),
      restartPolicy: 'OnFailure',
      nodeSelector: { test: name },
    } as never);
    await cluster.createPod(`${name}-failing`, {
      ...podOf(shell('exit 3')),
      restartPolicy: 'Never',
      nodeSelector: { test: name },
    } as never);
    await cluster.createPod(`${name}-flaky`, {
      ...podOf(shell('exec sleep 74003')),
      initContainers: [{ name: 'init', image: hostImage, command: ['true'] }],
      restartPolicy: 'OnFailure',
      nodeSelector: { test: name },
    } as never);
    await cluster.waitForPod(`${name}-job`, ({ status }) => status?.phase === 'Succeeded');
    await cluster.waitForPod(`${name}-failing`, ({ status }) => status?.phase === 'Failed');
    await cluster.waitForPod(`${name}-flaky`, isReady);
    await agent.kill('SIGKILL');
    agent = await start();
    await cluster.waitForPod(
      `${name}-flaky`,
      (pod) => isReady(pod) && containerStatus(pod)?.restartCount === 1,
    );
    expect(processesWith('74003')).toHaveLength(1);
    for (const suffix of ['job', 'failing', 'flaky']) {
      await cluster.deletePod(`${name}-${suffix}`);
      await cluster.waitUntilGone(`${name}-${suffix}`);
    }
    expect(processesWith('74003')).toEqual([]);
  });
});
