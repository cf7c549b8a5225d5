import type { RealCluster } from '@kaito-ts/real-cluster';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { kubectlPath, startRealCluster } from '@kaito-ts/real-cluster';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chartFolder, helm, release } from './chart.ts';

const execute = promisify(execFile);
const secret = 'kaito-operator-webhook';
const configuration = 'kaito-operator-validation';
/** Any certificate: what matters is that nobody takes it away. */
const authority =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJjakNDQVJlZ0F3SUJBZ0lVT2VrRy9NM2xEZmx0Z1h0ZjFrdFdTVjBvUzRzd0NnWUlLb1pJemowRUF3SXcKRFRFTE1Ba0dBMVVFQXd3Q1kyRXdJQmNOTWpZeE1USXhNVE14TlRBMldoZ1BNakV5TmpFd01qZ3hNekUxTURaYQpNQTB4Q3pBSkJnTlZCQU1NQW1OaE1Ga3dFd1lIS29aSXpqMENBUVlJS29aSXpqMERBUWNEUWdBRW1mTjNGRVJvCm5Wakp0MlAwdHA1cHpIUS84RU5oM25iK21acW5CZTFXemFpbEU5N0VLdExkQmFUdmNDT1hSRVAxQ3pUNTR3VksKRUEvNFQ2SHFkbGlLNTZOVE1GRXdIUVlEVlIwT0JCWUVGSFF5d05Td2FXcld2d1NKK2llaUFwWGNPUEJDTUI4RwpBMVVkSXdRWU1CYUFGSFF5d05Td2FXcld2d1NKK2llaUFwWGNPUEJDTUE4R0ExVWRFd0VCL3dRRk1BTUJBZjh3CkNnWUlLb1pJemowRUF3SURTUUF3UmdJaEFLR01FNjdLc2hNZFF1TzFFNjZkV05GTVhhNE5OVC8vNFJZUW9IM1QKUFZpQUFpRUFoOU1hcEhvK3lJZU5WY3ZZNG1KOUlUOUREd0ZyVndPNXo2ZmZUQTgvNERFPQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg==';

const workspace = JSON.stringify({
  apiVersion: 'kaito.sh/v1beta1',
  kind: 'Workspace',
  metadata: { name: 'kept', namespace: 'default' },
  resource: { labelSelector: { matchLabels: { apps: 'gpu-test' } } },
  inference: { preset: { name: 'phi-4-mini-instruct' } },
});

/** Pods are played here, so this is about what helm makes, changes and leaves. */
describe('helm on a real API server', () => {
  let cluster: RealCluster;
  let kubectl: (...argv: readonly string[]) => Promise<string>;
  const here = (): readonly string[] => [
    '--kubeconfig',
    cluster.kubeconfigPath,
    '--namespace',
    release.namespace,
  ];

  beforeAll(async () => {
    cluster = await startRealCluster({ kwokNodes: 2, progress: (line) => process.stderr.write(`${line}\n`) });
    const program = await kubectlPath();
    kubectl = async (...argv) => {
      const { stdout } = await execute(program, ['--kubeconfig', cluster.kubeconfigPath, ...argv]);
      return stdout;
    };
  }, 300_000);

  afterAll(async () => {
    await cluster?.stop();
  });

  test('install makes it run in a namespace that enforces the restricted level', async () => {
    await kubectl('create', 'namespace', release.namespace);
    await kubectl('label', 'namespace', release.namespace, 'pod-security.kubernetes.io/enforce=restricted');
    await helm('install', release.name, chartFolder, ...here(), '--wait', '--timeout', '90s');
    expect(await kubectl('-n', release.namespace, 'get', 'deployment', '-o', 'name')).toContain(release.name);
    expect(await kubectl('get', 'crd', 'workspaces.kaito.sh', '-o', 'name')).toContain('workspaces');
  }, 120_000);

  test('upgrade leaves certificate and caBundle as the operator wrote them', async () => {
    const data = JSON.stringify({ data: { 'tls.key': 'a2V5' } });
    await kubectl('-n', release.namespace, 'patch', 'secret', secret, '--type=merge', '-p', data);
    const ours = await caBundle('set');
    await helm(
      'upgrade',
      release.name,
      chartFolder,
      ...here(),
      '--set',
      'replicaCount=3',
      '--wait',
      '--timeout',
      '90s',
    );
    expect(await kubectl('-n', release.namespace, 'get', 'secret', secret, '-o', 'jsonpath={.data}')).toBe(
      '{"tls.key":"a2V5"}',
    );
    expect(await caBundle()).toBe(ours);
    const replicas = 'jsonpath={.spec.replicas}';
    expect(await kubectl('-n', release.namespace, 'get', 'deployment', release.name, '-o', replicas)).toBe(
      '3',
    );
  }, 120_000);

  test('uninstall takes everything along but CRDs, Workspaces and what they run', async () => {
    await kubectl('delete', 'validatingwebhookconfiguration', configuration);
    const applied = execFile(await kubectlPath(), [
      '--kubeconfig',
      cluster.kubeconfigPath,
      'apply',
      '-f',
      '-',
    ]);
    applied.stdin?.end(workspace);
    await new Promise((resolve) => applied.once('exit', resolve));
    await kubectl('create', 'deployment', 'kept', '--image=registry.example/model:1');
    await helm('uninstall', release.name, ...here(), '--wait');
    expect(await kubectl('get', 'workspace', 'kept', '-o', 'name')).toContain('kept');
    expect(await kubectl('get', 'deployment', 'kept', '-o', 'name')).toContain('kept');
    const left = 'deployment,service,secret,role,rolebinding,serviceaccount,networkpolicy,pdb';
    expect(
      await kubectl('-n', release.namespace, 'get', left, '-l', 'app.kubernetes.io/instance', '-o', 'name'),
    ).toBe('');
    expect(await kubectl('get', 'clusterrole,clusterrolebinding', '-o', 'name')).not.toContain(release.name);
  }, 120_000);

  async function caBundle(set?: 'set'): Promise<string> {
    if (set !== undefined) {
      const operations = JSON.stringify([
        { op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: authority },
      ]);
      await kubectl(
        'patch',
        'validatingwebhookconfiguration',
        configuration,
        '--type=json',
        '-p',
        operations,
      );
    }
    const path = 'jsonpath={.webhooks[0].clientConfig.caBundle}';
    return kubectl('get', 'validatingwebhookconfiguration', configuration, '-o', path);
  }
});
