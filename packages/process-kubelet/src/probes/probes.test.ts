import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { containerStatus, isReady, processesWith } from '../testing/cluster-fixture.ts';
import { podOf, shell, startNode, type NodeFixture } from '../testing/node-fixture.ts';
import type { Container } from '../pod/pod.ts';
import { runProbe, type ProbeKind } from './prober.ts';

async function set(ip: string | undefined, path: string, status: number): Promise<void> {
  await fetch(`http://${ip ?? ''}:8080${path}`, {
    method: 'POST',
    headers: { 'x-status': String(status) },
  });
}

describe('thresholds', () => {
  const fast = { periodSeconds: 0.001 };
  async function verdicts(
    kind: ProbeKind,
    results: readonly boolean[],
    thresholds: object,
  ): Promise<readonly string[]> {
    const seen: string[] = [];
    const stop = new AbortController();
    const left = [...results];
    await runProbe(
      kind,
      { ...fast, ...thresholds },
      {
        signal: stop.signal,
        check: async () => {
          const passed = left.shift();
          if (left.length === 0) queueMicrotask(() => stop.abort());
          return passed === true ? { passed } : { passed: false, message: 'no' };
        },
        events: {
          onFailure: () => undefined,
          onVerdict: (_kind, passed) => void seen.push(passed ? 'pass' : 'fail'),
        },
      },
    );
    return seen;
  }
  const [T, F] = [true, false];
  test.each<[ProbeKind, readonly boolean[], object, readonly string[]]>([
    ['readiness', [F, T, F, F, F, T, T, T], {}, ['pass', 'fail', 'pass']],
    ['readiness', [T, T, F, T, T, T], { successThreshold: 2 }, ['pass']],
    ['readiness', [T, F, T], { failureThreshold: 1 }, ['pass', 'fail']],
    ['liveness', [T, F, F, T, F, F, F, F], {}, ['fail']],
    ['liveness', [T, T, T], {}, []],
    ['startup', [F, F, T, F], {}, ['pass']],
    ['startup', [F, F, F, T], {}, ['fail']],
  ])('%s %j %j: %j', async (kind, results, thresholds, expected) => {
    expect(await verdicts(kind, results, thresholds)).toEqual(expected);
  });
});

describe('on a node', () => {
  let node: NodeFixture;
  beforeAll(async () => {
    node = await startNode();
    writeFileSync(
      join(node.directory, 'server.mjs'),
      `import { createServer } from 'node:http';
       const answers = { '/ready': 503, '/live': 200, '/start': 503 };
       setTimeout(() => (answers['/start'] = 204), 300);
       createServer((request, response) => {
         if (request.method === 'POST') answers[request.url] = Number(request.headers['x-status']);
         response.writeHead(answers[request.url] ?? 404, { location: '/' }).end();
       }).listen(8080, process.env.IP);`,
    );
  });
  afterAll(async () => {
    await node.close();
  });

  function server(change: Partial<Container>): Container {
    return shell('', {
      command: [process.execPath, join(node.directory, 'server.mjs')],
      env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
      ports: [{ name: 'http', containerPort: 8080 }],
      ...change,
    });
  }
  const often = { periodSeconds: 1, failureThreshold: 1 };

  test("readiness comes and goes, on the pod's own address; startup comes first; liveness restarts", async () => {
    await node.cluster.createPod(
      'http',
      podOf(
        server({
          startupProbe: {
            httpGet: { path: '/start', port: 'http' },
            periodSeconds: 1,
            failureThreshold: 100,
          },
          readinessProbe: {
            httpGet: { path: '/ready', port: 8080, httpHeaders: [{ name: 'X-Who', value: 'kubelet' }] },
            ...often,
          },
          livenessProbe: { httpGet: { path: '/live', port: 'http' }, ...often },
        }),
      ),
    );
    const early = await node.cluster.waitForPod(
      'http',
      (pod) => containerStatus(pod)?.state.running !== undefined,
    );
    expect(containerStatus(early)).toMatchObject({ started: false, ready: false });
    const started = await node.cluster.waitForPod('http', (pod) => containerStatus(pod)?.started === true);
    expect(isReady(started)).toBe(false);
    const ip = started.status?.podIP;
    await set(ip, '/ready', 302);
    await node.cluster.waitForPod('http', isReady);
    await set(ip, '/ready', 500);
    const unready = await node.cluster.waitForPod('http', (pod) => !isReady(pod));
    expect(unready.status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [main]',
    });
    await set(ip, '/live', 500);
    const restarted = await node.cluster.waitForPod(
      'http',
      (pod) => containerStatus(pod)?.restartCount === 1 && containerStatus(pod)?.started === true,
    );
    expect(containerStatus(restarted)?.lastState.terminated?.exitCode).toBe(143);
    await node.cluster.deletePod('http');
  });

  test('tcpSocket and exec, whose command is translated and ended when it takes too long', async () => {
    const mount = { volumeMounts: [{ name: 'v', mountPath: '/work' }] };
    await node.cluster.createPod('exec', {
      containers: [
        { ...server({ readinessProbe: { tcpSocket: { port: 8080 }, ...often } }), name: 'tcp' },
        {
          ...shell('touch $0; exec sleep 73001', {
            ...mount,
            readinessProbe: { exec: { command: ['test', '-f', '/work/up'] }, ...often },
          }),
          name: 'file',
          command: ['/bin/sh', '-c', 'sleep 0.3; touch $0; exec sleep 73001', '/work/up'],
        },
        {
          ...shell('exec sleep 73001', {
            livenessProbe: {
              exec: { command: ['sleep', '73002'] },
              timeoutSeconds: 1,
              periodSeconds: 1,
              failureThreshold: 1,
            },
          }),
          name: 'slow',
        },
      ],
      terminationGracePeriodSeconds: 1,
      volumes: [{ name: 'v', emptyDir: {} }],
    });
    await node.cluster.waitForPod(
      'exec',
      (each) => containerStatus(each, 'tcp')?.ready === true && containerStatus(each, 'file')?.ready === true,
    );
    await node.cluster.waitForPod('exec', (each) => (containerStatus(each, 'slow')?.restartCount ?? 0) >= 1);
    await node.cluster.deletePod('exec');
    await node.cluster.waitUntilGone('exec');
    expect(processesWith('73002')).toEqual([]);
  });
});
