import type { RealCluster } from '@kaito-ts/real-cluster';
import type { OperatorProcess } from './installed.test.fixture.ts';
import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureBinary, kubectlPath, startRealCluster } from '@kaito-ts/real-cluster';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chartFolder, readManifests, render } from './chart.ts';
import { blocksOf, guides, inlineCommands, repository, type Block, type Guide } from './guides.ts';
import { freePort, startOperator } from './installed.test.fixture.ts';
import { accountKubeconfig } from './rights.ts';
import { run, type Said } from './run.ts';

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Run where pods are containers, by the end-to-end suite. */
function here(guide: Guide): readonly Block[] {
  return blocksOf(guide).filter(({ kind }) => kind !== 'sh on-a-node');
}

const install = here('install.md');
const farewell = install.findIndex(({ heading }) => heading === 'Uninstall');
const crds = join(chartFolder, 'crds');

const upstreamWorkspace = {
  apiVersion: 'kaito.sh/v1beta1',
  kind: 'Workspace',
  metadata: { name: 'old', namespace: 'default', finalizers: ['workspace.finalizer.kaito.sh'] },
  resource: { labelSelector: { matchLabels: { apps: 'gpu-test' } } },
  inference: { preset: { name: 'phi-4-mini-instruct' } },
};

const labels = { 'kaito.sh/workspace': 'old' };
const upstreamStatefulSet = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'old', namespace: 'default', labels },
  spec: {
    replicas: 1,
    serviceName: 'old-headless',
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { containers: [{ name: 'old', image: 'registry.example/base:1' }] },
    },
  },
};

/** Pods are played; the operator runs beside, under the chart's ServiceAccount and with the flags of its Deployment. */
describe('every sh block of the guides works', () => {
  let cluster: RealCluster;
  let folder: string;
  let kubectl: string;
  let environment: NodeJS.ProcessEnv;
  let operator: OperatorProcess | undefined;
  const closing = new AsyncDisposableStack();

  beforeAll(async () => {
    cluster = await startRealCluster({ kwokNodes: 2, progress });
    closing.defer(() => cluster.stop());
    kubectl = await kubectlPath();
    const helm = await ensureBinary('helm', { env: process.env, progress });
    // What the commands write must not land in the checkout.
    folder = await mkdtemp(join(tmpdir(), 'kaito-docs-'));
    closing.defer(() => rm(folder, { recursive: true, force: true }));
    closing.defer(async () => operator?.stop());
    for (const name of ['apps', 'node_modules', 'package.json', 'package-lock.json'])
      await symlink(join(repository, name), join(folder, name));
    const path = [dirname(kubectl), dirname(helm), process.env['PATH']].join(':');
    environment = {
      ...process.env,
      PATH: path,
      KUBECONFIG: cluster.kubeconfigPath,
      REGISTRY: 'registry.example',
      ...(await upstream(folder)),
    };
  }, 300_000);

  afterAll(() => closing.disposeAsync());

  async function follow(script: string): Promise<Said> {
    const said = await bash(script);
    if (script.includes('helm install ')) {
      const objects = readManifests(await render('default'));
      const serviceAccountKubeconfig = await accountKubeconfig(cluster, objects);
      operator = await startOperator({ objects, serviceAccountKubeconfig }, 'docs', await freePort());
    }
    return said;
  }

  function bash(script: string): Promise<Said> {
    return new Promise((resolve) => {
      const options = { cwd: folder, env: environment, timeout: 280_000 };
      execFile('bash', ['-euo', 'pipefail', '-c', script], options, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
      );
    });
  }

  /** What a block said when it failed; empty when it worked. */
  async function failureOf({ script, kind }: Block): Promise<string> {
    const { code, stdout, stderr } = await (kind === 'sh' ? follow(script) : untilStopped(script));
    return code === 0 ? '' : `${script}\n${stdout}${stderr}`;
  }

  /** Until it says that it listens; then it is told to stop, as by Ctrl-C. */
  function untilStopped(script: string): Promise<Said> {
    return new Promise((resolve) => {
      const child = spawn('bash', ['-c', script], { cwd: folder, env: environment, detached: true });
      const said = { stdout: '', stderr: '' };
      const signal = (name: NodeJS.Signals): void => {
        try {
          process.kill(-(child.pid ?? 0), name);
        } catch {
          // All of them are gone.
        }
      };
      const impatience = setTimeout(signal, 180_000, 'SIGINT');
      const end = setTimeout(signal, 240_000, 'SIGKILL');
      let listening = false;
      child.stderr.on('data', (text) => (said.stderr += String(text)));
      child.stdout.on('data', (text) => {
        said.stdout += String(text);
        if (listening || !said.stdout.includes('"listening":true')) return;
        listening = true;
        signal('SIGINT');
      });
      child.once('close', () => {
        clearTimeout(impatience);
        clearTimeout(end);
        resolve({ ...said, code: listening ? 0 : 1 });
      });
    });
  }

  const every = (file: Guide, blocks: readonly Block[]): void =>
    test.each(blocks)(
      `${file}, $heading: $script`,
      async (block) => {
        expect(await failureOf(block)).toBe('');
      },
      300_000,
    );

  every('install.md', install.slice(0, farewell));
  every('operations.md', here('operations.md'));
  test.each(guides.flatMap(inlineCommands))(
    '%s, from a sentence',
    async (script) => {
      expect(await failureOf({ script, kind: 'sh', heading: '' })).toBe('');
    },
    300_000,
  );
  every('install.md', install.slice(farewell));

  test('upstream is there, with a Workspace and its StatefulSet', async () => {
    await operator?.stop();
    operator = undefined;
    const release = 'helm install workspace "$UPSTREAM_CHART" --namespace kaito-workspace --create-namespace';
    expect(await bash(release)).toMatchObject({ code: 0 });
    const established = 'kubectl wait --for=condition=Established crd/workspaces.kaito.sh --timeout=120s';
    expect(await bash(established)).toMatchObject({ code: 0 });
    const input = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [upstreamWorkspace, upstreamStatefulSet],
    });
    const apply = ['--kubeconfig', cluster.kubeconfigPath, 'apply', '-f', '-'];
    expect(await run(kubectl, apply, input)).toMatchObject({ code: 0 });
  }, 300_000);
  every('migrate-from-upstream.md', here('migrate-from-upstream.md'));
});

/** Stand-ins for what only upstream has: a chart with CRDs, and the names that a reader would fill in. */
async function upstream(folder: string): Promise<NodeJS.ProcessEnv> {
  const chart = join(folder, 'upstream-chart');
  await mkdir(join(chart, 'templates'), { recursive: true });
  await cp(crds, join(chart, 'crds'), { recursive: true });
  await writeFile(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: workspace\nversion: 0.12.0\n');
  const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'workspace' } };
  await writeFile(join(chart, 'templates/settings.yaml'), JSON.stringify(settings));
  return { UPSTREAM_CHART: chart, WORKSPACE_RELEASE: 'workspace', NAME: 'old', NAMESPACE: 'default' };
}
