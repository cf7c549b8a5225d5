import type { KubeClient } from '@kaito-ts/kube-runtime';
import type { RealCluster } from '@kaito-ts/real-cluster';
import type { ManifestObject, ValueSet } from './chart.ts';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createClient, createTransport, loadKubeconfig } from '@kaito-ts/kube-runtime';
import { kubectlPath, startRealCluster, waitFor } from '@kaito-ts/real-cluster';
import { chartFolder, find, readManifests, release, render } from './chart.ts';
import { accountKubeconfig } from './rights.ts';
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
  await using started = new AsyncDisposableStack();
  const cluster = await startRealCluster({
    kwokNodes: 2,
    progress: (line) => process.stderr.write(`${line}\n`),
  });
  started.defer(() => cluster.stop());
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
  await kubectl(['wait', '--for=condition=Established', 'crd/workspaces.kaito.sh', '--timeout=120s']);

  const transport = createTransport(await loadKubeconfig({ path: cluster.kubeconfigPath, env: {} }), {
    userAgent: 'chart-test',
  });
  started.defer(() => transport.close());
  const serviceAccountKubeconfig = await accountKubeconfig(cluster, objects);
  const all = started.move();
  return {
    cluster,
    objects,
    client: createClient(transport),
    kubectl,
    apply,
    serviceAccountKubeconfig,
    stop: () => all.disposeAsync(),
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

const stopMilliseconds = 30_000;
const lastCharacters = 4_000;

export interface OperatorProcess {
  readonly health: string;
  readonly ready: () => Promise<boolean>;
  /** The end of its log. */
  readonly lastWords: () => string;
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
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], POD_NAMESPACE: release.namespace, POD_NAME: name },
    },
  );
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-lastCharacters);
    if (process.env['KAITO_TEST_LOG'] !== undefined) process.stderr.write(text);
  });
  // Unlike an exit, this comes when all has been read.
  const exited = once(child, 'close');
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([once(lines, 'line').then(String), exited.then(() => '')]);
  if (line === '') throw new Error(`the operator ended at once:\n${log}`);
  const { health } = JSON.parse(line) as { health: string };
  const ready = async (): Promise<boolean> => (await fetch(`${health}/readyz`)).ok;
  return {
    health,
    ready,
    lastWords: () => log,
    stop: async () => {
      child.kill('SIGTERM');
      const impatience = setTimeout(() => child.kill('SIGKILL'), stopMilliseconds);
      await exited;
      clearTimeout(impatience);
    },
  };
}

export async function untilReady(operator: OperatorProcess): Promise<void> {
  await waitFor('readiness', async () => ((await operator.ready()) ? true : undefined), {
    milliseconds: 120_000,
    explain: async () => {
      const answer = await fetch(`${operator.health}/readyz`).then((response) => response.text(), String);
      return `${answer}\nits log ends with:\n${operator.lastWords()}`;
    },
  });
}

/** Below those that the kernel gives to connections, one of which could come to have it before an operator does. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(18_000, 32_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
