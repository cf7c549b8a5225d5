import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Connection } from './behaviour/connection.ts';
import { ok } from './behaviour/context.ts';
import { binaryFolder } from './behaviour/control-plane.ts';
import { startFakeNode, type FakeNode } from './behaviour/fake-node.ts';
import { widget, widgetDefinition } from './behaviour/widget.ts';
import { startLocalCluster, type LocalCluster } from './cluster.ts';
import { createCertificate } from './server/certificates.ts';

const kubectlPath = join(binaryFolder(), 'kubectl');
const isThere = existsSync(kubectlPath);
if (!isThere) process.stderr.write(`left out: kubectl against local-cluster: no ${kubectlPath}\n`);

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: 'good:1' }] },
    },
  },
};

describe.skipIf(!isThere)('kubectl', { timeout: 300_000 }, () => {
  let directory: string;
  let cluster: LocalCluster;
  let api: Connection;
  let node: FakeNode;
  let kubelet: Server;

  const run = (
    args: readonly string[],
    input?: unknown,
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> =>
    new Promise((resolve, reject) => {
      const all = ['--kubeconfig', cluster.kubeconfigPath, '--cache-dir', join(directory, 'cache'), ...args];
      const child = execFile(
        kubectlPath,
        all,
        { timeout: 180_000, env: { ...process.env, ...env } },
        (error, stdout, stderr) => {
          if (error) reject(new Error(`kubectl ${args.join(' ')}: ${stderr || error.message}`));
          else resolve(stdout + stderr);
        },
      );
      child.stdin?.end(input === undefined ? '' : JSON.stringify(input));
    });
  const kubectl = (line: string, input?: unknown): Promise<string> => run(line.split(' '), input);

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'kubectl-'));
    cluster = await startLocalCluster({ stateDirectory: directory });
    api = new Connection(cluster);
    const { certificate, key } = await createCertificate(['127.0.0.1'], Date.now());
    kubelet = createServer({ cert: certificate, key }, (request, response) => {
      response.write('first line\n');
      if (request.url?.includes('follow=true')) setTimeout(() => response.end('second line\n'), 300);
      else response.end();
    });
    await new Promise<void>((resolve) => kubelet.listen(0, '127.0.0.1', resolve));
    node = await startFakeNode(api, { name: 'n' });
    const Port = (kubelet.address() as AddressInfo).port;
    await api.patch('/api/v1/nodes/n/status', 'merge', {
      status: { daemonEndpoints: { kubeletEndpoint: { Port } } },
    });
    await kubectl('apply -f -', widgetDefinition);
    await kubectl('wait --for=condition=Established crd/widgets.behaviour.test --timeout=60s');
  });

  afterAll(async () => {
    await node?.stop();
    api?.close();
    kubelet?.close();
    await cluster?.close();
    if (directory) rmSync(directory, { recursive: true, force: true });
  });

  test('apply: created, configured, unchanged; a refusal names the field', async () => {
    expect(await kubectl('apply -f -', widget('a', { size: 'small' }))).toBe(
      'widget.behaviour.test/a created\n',
    );
    expect(await kubectl('apply -f -', widget('a', { size: 'small', mode: 'aa' }))).toBe(
      'widget.behaviour.test/a configured\n',
    );
    expect(await kubectl('apply -f -', widget('a', { size: 'small', mode: 'aa' }))).toBe(
      'widget.behaviour.test/a unchanged\n',
    );
    expect(await kubectl('apply -f -', widget('a', { size: 'small' }))).toBe(
      'widget.behaviour.test/a configured\n',
    );
    expect(await kubectl('get widget a -o jsonpath={.spec}')).toBe('{"replicas":1,"size":"small"}');
    await expect(kubectl('apply -f -', widget('a', { size: 'large' }))).rejects.toThrow(/size is immutable/);
    await expect(kubectl('apply -f -', widget('b', { sise: 'large' }))).rejects.toThrow(
      /unknown field "spec\.sise"/,
    );
  });

  test('apply --server-side: conflicts are told, and forced', async () => {
    expect(await kubectl('apply --server-side -f -', widget('s', { mode: 'a' }))).toBe(
      'widget.behaviour.test/s serverside-applied\n',
    );
    await kubectl('patch widget s --type=merge -p {"spec":{"mode":"aa"}}');
    await expect(kubectl('apply --server-side -f -', widget('s', { mode: 'a' }))).rejects.toThrow(
      /conflict with "kubectl-patch" using behaviour.test\/v1beta1: \.spec\.mode/,
    );
    await kubectl('apply --server-side --force-conflicts -f -', widget('s', { mode: 'a' }));
    expect(await kubectl('get widget s -o jsonpath={.spec.mode}')).toBe('a');
  });

  test('get with columns, wide, yaml, watch', async () => {
    await kubectl('apply -f -', widget('g', { size: 'large', mode: 'a' }));
    expect(await kubectl('get widget g')).toMatch(/^NAME +SIZE +READY +AGE\ng +large +\d+s\n$/);
    expect(await kubectl('get wd g -o wide')).toMatch(/^NAME +SIZE +READY +MODE +AGE\n/);
    expect(await kubectl('get widget g -o yaml')).toMatch(/kind: Widget\n/);
    const watcher = spawn(kubectlPath, ['--kubeconfig', cluster.kubeconfigPath, 'get', 'widget', 'g', '-w']);
    onTestFinished(() => void watcher.kill());
    let seen = '';
    watcher.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    await expect.poll(() => seen, { timeout: 60_000 }).toMatch(/large/);
    ok(
      await api.patch('/apis/behaviour.test/v1beta1/namespaces/default/widgets/g/status', 'merge', {
        status: { conditions: [{ type: 'Ready', status: 'True' }] },
      }),
    );
    await expect.poll(() => seen, { timeout: 60_000 }).toMatch(/g +large +True/);
    expect(await kubectl('wait --for=condition=Ready widget/g --timeout=60s')).toMatch(/condition met/);
    expect(await kubectl('describe widget g')).toMatch(/Size: +large/);
  });

  test('edit, patch, label, annotate, scale', async () => {
    await kubectl('apply -f -', widget('e', { size: 'small' }));
    const editor = join(directory, 'editor.sh');
    writeFileSync(editor, '#!/bin/sh\nsed -i "s/replicas: 1/replicas: 3/" "$1"\n');
    chmodSync(editor, 0o755);
    expect(await run(['edit', 'widget', 'e'], undefined, { KUBE_EDITOR: editor })).toMatch(/edited/);
    expect(await kubectl('get widget e -o jsonpath={.spec.replicas}')).toBe('3');
    expect(await kubectl('label widget e team=a')).toMatch(/labeled/);
    expect(await kubectl('annotate widget e note=b')).toMatch(/annotated/);
    expect(await kubectl('scale widget e --replicas=2')).toMatch(/scaled/);
    expect(await kubectl('get widget -l team=a -o name')).toBe('widget.behaviour.test/e\n');
    await expect(kubectl('patch widget e --type=merge -p {"spec":{"replicas":7}}')).rejects.toThrow(
      /too many replicas/,
    );
  });

  test('create from flags: what kubectl sends as protobuf', async () => {
    const file = join(directory, 'bytes');
    writeFileSync(file, Buffer.from([0, 255]));
    expect(await kubectl('create namespace made')).toBe('namespace/made created\n');
    await kubectl(`create configmap c -n made --from-literal=key=value --from-file=${file}`);
    expect(await kubectl('get configmap c -n made -o jsonpath={.data}{.binaryData}')).toBe(
      '{"key":"value"}{"bytes":"AP8="}',
    );
    expect(await kubectl('create secret generic s -n made --from-literal=token=secret')).toMatch(/created/);
    expect(await kubectl('get secret s -n made -o jsonpath={.type}{.data}')).toBe(
      'Opaque{"token":"c2VjcmV0"}',
    );
    await expect(kubectl('create configmap c -n made')).rejects.toThrow(/already exists/);
    await kubectl('create deployment d -n made --image=good:1 --replicas=0 --port=80');
    expect(await kubectl('get deployment d -n made -o jsonpath={.spec.replicas}')).toBe('0');
    await kubectl('create job j -n made --image=good:1 -- echo hi');
    await kubectl('create service clusterip v -n made --tcp=80:http');
    expect(await kubectl('get service v -n made -o jsonpath={.spec.ports[0].targetPort}')).toBe('http');
    expect(await kubectl('delete namespace made')).toMatch(/deleted/);
  });

  test('drain deletes the pods of a node, with options in protobuf', async () => {
    await kubectl('run drained --image=good:1');
    await kubectl('wait --for=condition=Ready pod/drained --timeout=120s');
    expect(await kubectl('drain n --force --grace-period=1 --timeout=120s')).toMatch(/node\/n drained/);
    expect(await kubectl('uncordon n')).toMatch(/uncordoned/);
  });

  test('delete waits until the object is gone', async () => {
    await kubectl('apply -f -', widget('d', {}));
    expect(await kubectl('delete widget d')).toMatch(/deleted/);
    await expect(kubectl('get widget d')).rejects.toThrow(/NotFound/);
    await kubectl('apply -f -', widget('d', {}));
    expect(await kubectl('delete widgets --all')).toMatch(/"d" deleted/);
    expect(
      await kubectl('create -f -', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'short-lived' },
      }),
    ).toMatch(/created/);
    expect(await kubectl('delete namespace short-lived')).toMatch(/deleted/);
  });

  test('a Deployment: apply, rollout, image, scale, logs, describe, delete', async () => {
    expect(await kubectl('apply -f -', deployment)).toMatch(/created/);
    expect(await kubectl('rollout status deployment/web --timeout=120s')).toMatch(/successfully rolled out/);
    expect(await kubectl('apply -f -', deployment)).toMatch(/unchanged/);
    expect(await kubectl('get deployment,pods')).toMatch(
      /deployment.apps\/web +1\/1 +1 +1 +\d+s[^]*pod\/web-\w+-\w+ +1\/1 +Running +0/,
    );
    expect(await kubectl('set image deployment/web c=good:2')).toMatch(/image updated/);
    expect(await kubectl('rollout status deployment/web --timeout=120s')).toMatch(/successfully rolled out/);
    expect(await kubectl('scale deployment web --replicas=2')).toMatch(/scaled/);
    for (const wanted of ['jsonpath={.status.availableReplicas}=2', 'condition=Available'])
      expect(await kubectl(`wait --for=${wanted} deployment/web --timeout=120s`)).toMatch(/condition met/);
    expect(await kubectl('logs -f deployment/web')).toMatch(/first line\nsecond line\n/);
    expect(await kubectl('logs deployment/web --tail=1')).toMatch(/^first line\n/);
    expect(await kubectl('describe deployment web')).toMatch(/ScalingReplicaSet/);
    expect(await kubectl('describe pods')).toMatch(/Successfully assigned default\/web-/);
    await expect
      .poll(() => kubectl('describe node n'), { timeout: 60_000 })
      .toMatch(/Non-terminated Pods: +\(2 in total\)/);
    expect(await kubectl('delete deployment web')).toMatch(/deleted/);
    await expect.poll(() => kubectl('get pods'), { timeout: 60_000 }).toMatch(/No resources found/);
  });

  test('api-resources, version, events, get all', async () => {
    expect(await kubectl('api-resources')).toMatch(/widgets +wd +behaviour.test\/v1beta1 +true +Widget/);
    expect(await kubectl('version')).toMatch(/Server Version: v1\.34/);
    expect(await kubectl('get all -A')).toMatch(/./);
    expect(await kubectl('get events')).toMatch(/LAST SEEN|No resources/);
  });

  test('what it does not speak, it says', async () => {
    await expect(kubectl('create serviceaccount x')).rejects.toThrow(/could not find the requested resource/);
    await expect(kubectl('explain pod.spec')).rejects.toThrow(/not found in OpenAPI schema/);
    await expect(kubectl('delete pod x --cascade=orphan')).rejects.toThrow(/in the Background only/);
  });
});
