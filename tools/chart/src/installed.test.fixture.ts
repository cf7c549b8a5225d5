import type { KubeClient } from '@kaito-ts/kube-runtime';
import type { RealCluster } from '@kaito-ts/real-cluster';
import type { ManifestObject, ValueSet } from './chart.ts';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient, createTransport, loadKubeconfig } from '@kaito-ts/kube-runtime';
import { kubectlPath, startRealCluster, waitFor } from '@kaito-ts/real-cluster';
import { chartFolder, find, readManifests, release, render } from './chart.ts';
import { tokenKubeconfig } from './rights.ts';
import { run, type Said } from './run.ts';

const operatorProgram = fileURLToPath(
  new URL('../../../apps/operator/bin/kaito-operator.mjs', import.meta.url),
);

/** Where tests put their Workspaces; `values/one-namespace.yaml` serves just this one. */
export const modelNamespace = 'models';

/** A real control plane with all that the chart makes, except its pods. */
export interface Installed {
  readonly cluster: RealCluster;
  readonly objects: readonly ManifestObject[];
  readonly client: KubeClient;
  /** Runs kubectl as the administrator; never throws. */
  kubectl(argv: readonly string[], input?: string): Promise<Said>;
  apply(...objects: readonly object[]): Promise<void>;
  /** Path of a kubeconfig with a token of the chart's ServiceAccount. */
  readonly serviceAccountKubeconfig: string;
  readonly stop: () => Promise<void>;
}

/** The webhook is called at this address of the machine, since no network leads from an API server to a pod here. */
export async function install(webhookUrl: string, values: ValueSet = 'default'): Promise<Installed> {
  const cluster = await startRealCluster({
    kwokNodes: 2,
    progress: (line) => process.stderr.write(`${line}\n`),
  });
  const program = await kubectlPath();
  const kubectl = (argv: readonly string[], input?: string): Promise<Said> =>
    run(program, ['--kubeconfig', cluster.kubeconfigPath, ...argv], input);
  const apply = async (...objects: readonly object[]): Promise<void> => {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    const { code, stderr } = await kubectl(['apply', '-f', '-'], JSON.stringify(list));
    if (code !== 0) throw new Error(stderr);
  };
  const objects = readManifests(await render(values)).map((object) => withUrl(object, webhookUrl));
  for (const name of [release.namespace, modelNamespace]) await kubectl(['create', 'namespace', name]);
  const { code, stderr } = await kubectl(['apply', '--server-side', '-f', join(chartFolder, 'crds')]);
  if (code !== 0) throw new Error(stderr);
  await apply(...objects.filter(({ kind }) => kind !== 'Deployment'));
  await kubectl(['wait', '--for=condition=Established', 'crd/workspaces.kaito.sh', '--timeout=30s']);

  const transport = createTransport(await loadKubeconfig({ path: cluster.kubeconfigPath, env: {} }), {
    userAgent: 'chart-test',
  });
  return {
    cluster,
    objects,
    client: createClient(transport),
    kubectl,
    apply,
    serviceAccountKubeconfig: await tokenKubeconfig(cluster, program, objects),
    stop: async () => {
      await transport.close();
      await cluster.stop();
    },
  };
}

function withUrl(object: ManifestObject, url: string): ManifestObject {
  if (object.kind !== 'ValidatingWebhookConfiguration') return object;
  const webhooks = object['webhooks'] as readonly object[];
  return {
    ...object,
    webhooks: webhooks.map((webhook) => Object.assign({}, webhook, { clientConfig: { url } })),
  };
}

export interface OperatorProcess {
  readonly health: string;
  readonly ready: () => Promise<boolean>;
  readonly stop: () => Promise<void>;
}

/** The operator's program with the flags of the chart's Deployment; only its addresses are this machine's. */
export async function startOperator(
  installed: Pick<Installed, 'objects' | 'serviceAccountKubeconfig'>,
  name: string,
  webhookPort: number,
): Promise<OperatorProcess> {
  const { spec } = find(installed.objects, 'Deployment') as unknown as {
    spec: { template: { spec: { containers: readonly { args: readonly string[] }[] } } };
  };
  const args = spec.template.spec.containers[0]?.args ?? [];
  const here = [
    '--metrics-address=127.0.0.1:0',
    '--health-address=127.0.0.1:0',
    `--webhook-address=127.0.0.1:${webhookPort}`,
  ];
  const child = spawn(
    process.execPath,
    [operatorProgram, ...args, ...here, '--kubeconfig', installed.serviceAccountKubeconfig],
    {
      stdio: ['ignore', 'pipe', process.env['KAITO_TEST_LOG'] === undefined ? 'ignore' : 'inherit'],
      env: { PATH: process.env['PATH'], POD_NAMESPACE: release.namespace, POD_NAME: name },
    },
  );
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const line = await Promise.race([firstLine(child.stdout), exited.then(() => '')]);
  if (line === '') throw new Error('the operator ended at once; KAITO_TEST_LOG=1 shows why');
  const { health } = JSON.parse(line) as { health: string };
  const ready = async (): Promise<boolean> => (await fetch(`${health}/readyz`)).ok;
  return {
    health,
    ready,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  return text.split('\n')[0] ?? '';
}

export async function untilReady(operator: OperatorProcess): Promise<void> {
  await waitFor('readiness', async () => ((await operator.ready()) ? true : undefined), {
    milliseconds: 60_000,
    explain: async () => (await fetch(`${operator.health}/readyz`)).text(),
  });
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address === 'object' ? address.port : 0;
}
