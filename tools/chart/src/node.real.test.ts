import type { RealCluster } from '@kaito-ts/real-cluster';
import { buildImages, projectImages } from '@kaito-ts/images';
import { kubectlPath, startRealCluster, waitFor } from '@kaito-ts/real-cluster';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chartFolder, helm, release } from './chart.ts';
import { run, type Said } from './run.ts';

const patience = { milliseconds: 60_000 };

/** The operator as a pod of its own chart: image, rights, network and the webhook's way through the Service. */
describe('the chart on a real node', () => {
  let cluster: RealCluster;
  let program: string;

  beforeAll(async () => {
    cluster = await startRealCluster({ node: true, progress });
    program = await kubectlPath();
    const { registry } = cluster.node ?? { registry: '' };
    await buildImages([(await projectImages()).operator], { registry, push: true, progress });
    await kubectl(['create', 'namespace', release.namespace]);
    await kubectl(['label', 'namespace', release.namespace, 'pod-security.kubernetes.io/enforce=restricted']);
  }, 600_000);

  afterAll(async () => {
    await cluster?.stop();
  });

  function kubectl(argv: readonly string[], input?: string): Promise<Said> {
    return run(program, ['--kubeconfig', cluster.kubeconfigPath, ...argv], input);
  }

  test('two replicas become ready', async () => {
    const here = ['--kubeconfig', cluster.kubeconfigPath, '--namespace', release.namespace];
    const said = await helm('install', release.name, chartFolder, ...here, '--wait', '--timeout', '120s');
    expect(said).toContain('STATUS: deployed');
    const rollout = ['rollout', 'status', `deployment/${release.name}`, '--timeout=60s'];
    expect(await kubectl(['-n', release.namespace, ...rollout])).toMatchObject({ code: 0 });
    const { stdout } = await kubectl(['-n', release.namespace, 'get', 'pods', '--no-headers']);
    expect(stdout.match(/1\/1 +Running +0/g)).toHaveLength(2);
  }, 180_000);

  test('the API server asks the webhook through its Service', async () => {
    const said = await waitFor(
      'a refusal',
      async () => {
        const answer = await kubectl(['apply', '--dry-run=server', '-f', '-'], workspace('bad', 'others'));
        return answer.code === 0 ? undefined : answer.stderr;
      },
      { ...patience, explain: webhookCalls },
    );
    expect(said).toContain('resource.labelSelector: matches no node');
  }, 120_000);

  test('a Workspace comes to its workload, also after the leader was deleted', async () => {
    expect((await kubectl(['apply', '-f', '-'], workspace('first', 'linux'))).code).toBe(0);
    expect(await deployment('first')).toBe(true);
    const lease = [
      '-n',
      release.namespace,
      'get',
      'lease',
      'kaito-operator',
      '-o',
      'jsonpath={.spec.holderIdentity}',
    ];
    const leader = (await kubectl(lease)).stdout;
    const [pod = ''] = leader.split('_');
    expect((await kubectl(['-n', release.namespace, 'delete', 'pod', pod, '--wait=false'])).code).toBe(0);
    await waitFor(
      'another leader',
      async () => {
        const { stdout } = await kubectl(lease);
        return stdout === '' || stdout === leader ? undefined : stdout;
      },
      { ...patience, explain: async () => (await kubectl([...lease.slice(0, -1), 'yaml'])).stdout },
    );
    expect((await kubectl(['apply', '-f', '-'], workspace('second', 'linux'))).code).toBe(0);
    expect(await deployment('second')).toBe(true);
  }, 180_000);

  async function webhookCalls(): Promise<string> {
    const { stdout } = await kubectl(['get', '--raw', '/metrics']);
    return stdout
      .split('\n')
      .filter((line) => /^apiserver_admission_webhook_(fail_open|request_total|rejection)/.test(line))
      .join('\n');
  }

  function deployment(name: string): Promise<true> {
    return waitFor(
      `Deployment ${name}`,
      async () => ((await kubectl(['get', 'deployment', name])).code === 0 ? true : undefined),
      { ...patience, explain: async () => (await kubectl(['get', 'workspace', name, '-o', 'yaml'])).stdout },
    );
  }
});

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** With another system than Linux, its requirements exclude each other. */
function workspace(name: string, system: string): string {
  const key = 'kubernetes.io/os';
  const matchExpressions = [{ key, operator: 'In', values: [system] }];
  return JSON.stringify({
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name, namespace: 'default' },
    resource: { count: 1, labelSelector: { matchLabels: { [key]: 'linux' }, matchExpressions } },
    inference: { preset: { name: 'phi-4-mini-instruct' } },
  });
}
