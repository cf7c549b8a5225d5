import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Connection, eventually, type Stream } from './behaviour/connection.ts';
import { ok, refused } from './behaviour/context.ts';
import { widget, widgetDefinition } from './behaviour/widget.ts';
import { startLocalCluster, type LocalCluster, type LocalClusterOptions } from './cluster.ts';
import { listAt, textAt, valueAt } from './json.ts';
import { createCertificate } from './server/certificates.ts';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const configMaps = '/api/v1/namespaces/default/configmaps';
const faults: unknown[] = [];
const closing: (() => Promise<void>)[] = [];
let directory: string;

beforeEach(() => {
  faults.length = 0;
  directory = mkdtempSync(join(tmpdir(), 'local-cluster-'));
});

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  rmSync(directory, { recursive: true, force: true });
  if (faults.length > 0) throw new Error(`faults in the engine: ${faults.map(String).join('; ')}`);
});

async function start(
  options: Partial<LocalClusterOptions> = {},
): Promise<{ cluster: LocalCluster; api: Connection }> {
  const cluster = await startLocalCluster({
    stateDirectory: directory,
    report: (error) => faults.push(error),
    ...options,
  });
  const api = new Connection(cluster);
  closing.push(async () => {
    api.close();
    await cluster.close();
  });
  return { cluster, api };
}

describe('access', () => {
  test('a request without the token is Unauthorized; health is open', async () => {
    const { cluster } = await start();
    const stranger = new Connection({ url: cluster.url, token: 'wrong', authority: cluster.authority });
    const answer = await stranger.get(configMaps);
    expect([answer.code, answer.body['reason']]).toEqual([401, 'Unauthorized']);
    expect((await stranger.get('/readyz')).text).toBe('ok');
    stranger.close();
  });

  test('the kubeconfig is for its owner only and names a loopback address', async () => {
    const { cluster } = await start();
    expect(statSync(cluster.kubeconfigPath).mode & 0o777).toBe(0o600);
    const config: unknown = JSON.parse(readFileSync(cluster.kubeconfigPath, 'utf8'));
    expect(textAt(listAt(config, 'clusters')[0], 'cluster', 'server')).toMatch(
      /^https:\/\/127\.0\.0\.1:\d+$/,
    );
  });
});

describe('what it keeps', () => {
  test('with persist, objects, definitions and revisions survive', async () => {
    const first = await start({ persist: true });
    ok(await first.api.post(definitions, widgetDefinition), 201);
    const path = '/apis/behaviour.test/v1beta1/namespaces/default/widgets';
    const made = await eventually('created', async () => {
      const answer = await first.api.post(path, widget('w', { size: 'small' }));
      return answer.code === 201 && answer.body;
    });
    first.api.close();
    await first.cluster.close();
    closing.length = 0;
    const second = await start({ persist: true });
    expect(ok(await second.api.get(`${path}/w`))).toEqual(made);
    // The copy may be older than what the first life told its watchers: they list anew.
    const event = await second.api
      .watch(`${path}?watch=1&resourceVersion=${textAt(made, 'metadata', 'resourceVersion')}`)
      .next();
    expect([event?.type, event?.object['code']]).toEqual(['ERROR', 410]);
    const changed = ok(await second.api.patch(`${path}/w`, 'merge', { spec: { mode: 'a' } }));
    expect(Number(textAt(changed, 'metadata', 'resourceVersion'))).toBeGreaterThan(
      Number(textAt(made, 'metadata', 'resourceVersion')),
    );
  });

  test('a watcher of an earlier life is told that its resourceVersion has expired', async () => {
    const { api } = await start();
    for (const version of ['5', '99999999999999']) {
      const event = await api.watch(`${configMaps}?watch=1&resourceVersion=${version}`).next();
      expect([event?.type, event?.object['code']]).toEqual(['ERROR', 410]);
    }
  });
});

describe('bad requests never end it', () => {
  const bodies = [
    '',
    '[]',
    'null',
    '{"metadata":[]}',
    '{"metadata":{"name":5}}',
    '{"metadata":{"labels":"x","name":"a"}}',
    '{"__proto__":{"a":1}}',
    '\u0000',
  ];
  test.each(bodies)('body %j', async (body) => {
    const { api } = await start();
    for (const [method, path] of [
      ['POST', configMaps],
      ['PUT', `${configMaps}/a`],
      ['POST', '/apis/apps/v1/namespaces/default/deployments'],
      ['POST', definitions],
    ] as const) {
      const answer = await api.send(method, path, body);
      expect(answer.code).toBeGreaterThanOrEqual(400);
      expect(answer.code).toBeLessThan(500);
      expect(answer.body['kind']).toBe('Status');
    }
  });

  test('strange paths and parameters', async () => {
    const { api } = await start();
    for (const path of [
      '/',
      '/api/v1/',
      '/apis//v1/x',
      '/api/v1/namespaces/%E0%A4%A/pods',
      '/apis/apps/v1/pods',
      `${configMaps}/a/b/c`,
      '/api/v1/nodes/a/log',
      '/openapi/v3/apis/none/v1',
    ])
      expect([path, (await api.get(path)).code < 500]).toEqual([path, true]);
    expect((await api.get(`${configMaps}?watch=1&resourceVersion=x`)).code).toBe(400);
    expect((await api.post(`${configMaps}?fieldValidation=Maybe`, {})).code).toBe(400);
    expect((await api.send('TRACE', configMaps)).code).toBe(405);
    expect((await api.patch(`${configMaps}/kube`, 'json', {})).code).toBe(404);
  });
});

describe('what it does not do, it says', () => {
  const deployments = '/apis/apps/v1/namespaces/default/deployments';
  const statefulSets = '/apis/apps/v1/namespaces/default/statefulsets';
  const jobs = '/apis/batch/v1/namespaces/default/jobs';
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const selector = { matchLabels: { a: 'b' } };
  const rows = [
    [deployments, { paused: true }, 'spec.paused'],
    [deployments, { progressDeadlineSeconds: 5 }, 'spec.progressDeadlineSeconds'],
    [
      statefulSets,
      { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } },
      'spec.updateStrategy.rollingUpdate.partition',
    ],
    [jobs, { selector: undefined, completions: 3 }, 'spec.completions'],
  ] as const;
  test.each(rows)('%s with %j', async (path, spec, field) => {
    const { api } = await start();
    const object = { metadata: { name: 'x' }, spec: { selector, template, ...spec } };
    const answer = await api.post(path, object);
    expect(refused(answer, 422, 'Invalid', /not implemented by local-cluster/)).toEqual([field]);
  });

  // A real API server ends the connection on such a custom resource, without an answer.
  test('custom resources and definitions in protobuf', async () => {
    const { api } = await start();
    ok(await api.post(definitions, widgetDefinition), 201);
    const widgets = '/apis/behaviour.test/v1beta1/namespaces/default/widgets';
    const type = { 'content-type': 'application/vnd.kubernetes.protobuf' };
    for (const path of [widgets, definitions]) {
      const answer = await api.send('POST', path, Buffer.from('k8s\0'), type);
      expect(refused(answer, 415, 'UnsupportedMediaType', /application\/json/)).toEqual([]);
    }
  });

  test('deletion in the foreground, discovery of old', async () => {
    const { api } = await start();
    const answer = await api.delete('/api/v1/nodes/n', { propagationPolicy: 'Foreground' });
    expect(refused(answer, 400, 'BadRequest', /in the Background only/)).toEqual([]);
    expect(refused(await api.get('/apis'), 406, 'NotAcceptable')).toEqual([]);
  });
});

describe('nodes', () => {
  test('a silent node becomes Unknown and its pods not ready; they go with it', async () => {
    let ahead = 0;
    const { api } = await start({ now: () => Date.now() + ahead });
    const ready = {
      type: 'Ready',
      status: 'True',
      lastTransitionTime: new Date().toISOString().replace(/\.\d+/, ''),
    };
    ok(
      await api.post('/api/v1/nodes', {
        metadata: { name: 'n' },
        status: { conditions: [ready], allocatable: { pods: '10' } },
      }),
      201,
    );
    const pods = '/api/v1/namespaces/default/pods';
    ok(
      await api.post(pods, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } }),
      201,
    );
    await eventually('bound', async () => textAt(ok(await api.get(`${pods}/p`)), 'spec', 'nodeName') === 'n');
    ok(await api.patch(`${pods}/p/status`, 'merge', { status: { phase: 'Running', conditions: [ready] } }));
    ahead = 60_000;
    ok(await api.patch('/api/v1/nodes/n', 'merge', { metadata: { labels: { look: 'again' } } }));
    const condition = async (path: string): Promise<unknown> =>
      listAt(ok(await api.get(path)), 'status', 'conditions').find((c) => valueAt(c, 'type') === 'Ready');
    await eventually(
      'unknown',
      async () => valueAt(await condition('/api/v1/nodes/n'), 'status') === 'Unknown',
    );
    await eventually(
      'pod not ready',
      async () => valueAt(await condition(`${pods}/p`), 'status') === 'False',
    );
    ok(await api.delete('/api/v1/nodes/n'));
    await expect.poll(async () => (await api.get(`${pods}/p`)).code, { timeout: 10_000 }).toBe(404);
  });

  test('logs come from the node', async () => {
    const { api } = await start();
    const { certificate, key } = await createCertificate(['127.0.0.1'], Date.now());
    const kubelet: Server = createServer({ cert: certificate, key }, (request, response) =>
      response.end(`log of ${request.url}\n`),
    );
    await new Promise<void>((resolve) => kubelet.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => void kubelet.close(() => resolve())));
    const { port: Port } = kubelet.address() as AddressInfo;
    const status = {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port } },
    };
    ok(await api.post('/api/v1/nodes', { metadata: { name: 'n' }, status }), 201);
    const pods = '/api/v1/namespaces/default/pods';
    ok(
      await api.post(pods, {
        metadata: { name: 'p' },
        spec: {
          nodeName: 'n',
          containers: [
            { name: 'c', image: 'i' },
            { name: 'd', image: 'i' },
          ],
        },
      }),
      201,
    );
    expect((await api.get(`${pods}/p/log?container=d&follow=true&tailLines=3`)).text).toBe(
      'log of /containerLogs/default/p/d?follow=true&tailLines=3\n',
    );
    expect((await api.get(`${pods}/p/log`)).body['message']).toMatch(
      /a container name must be specified for pod p, choose one of: \[c d\]/,
    );
    expect((await api.get(`${pods}/p/log?container=x`)).code).toBe(400);
  });
});

describe('under load', () => {
  test('a thousand objects, fifty watches', { timeout: 120_000 }, async () => {
    const { api } = await start();
    const streams: Stream[] = Array.from({ length: 50 }, () => api.watch(`${configMaps}?watch=1`));
    const started = process.cpuUsage();
    for (let batch = 0; batch < 20; batch++)
      await Promise.all(
        Array.from({ length: 50 }, async (_, index) =>
          ok(
            await api.post(configMaps, {
              metadata: { name: `m-${batch}-${index}` },
              data: { text: 'x'.repeat(500) },
            }),
            201,
          ),
        ),
      );
    for (const stream of streams) {
      for (let count = 0; count < 1000; count++) expect((await stream.next())?.type).toBe('ADDED');
      stream.close();
    }
    // Time of this process, not of the machine: others may be busy on it.
    const { user, system } = process.cpuUsage(started);
    const seconds = (user + system) / 1_000_000;
    expect(listAt(ok(await api.get(configMaps)), 'items').length).toBe(1000);
    expect(seconds).toBeLessThan(30);
    process.stderr.write(`1000 objects to 50 watches: ${seconds.toFixed(1)} s of CPU\n`);
  });
});
