import type { RealCluster } from '@kaito-ts/real-cluster';
import type { OperatorProcess } from './installed.test.fixture.ts';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBinary, kubectlPath, startRealCluster } from '@kaito-ts/real-cluster';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readManifests, render } from './chart.ts';
import { freePort, startOperator } from './installed.test.fixture.ts';
import { tokenKubeconfig } from './rights.ts';
import { run, type Said } from './run.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

interface Block {
  readonly heading: string;
  readonly script: string;
}

const install = shellBlocks('install.md');
const operations = shellBlocks('operations.md');
const migration = shellBlocks('migrate-from-upstream.md');
const farewell = install.findIndex(({ heading }) => heading === 'Uninstall');

const upstreamWorkspace = {
  apiVersion: 'kaito.sh/v1beta1',
  kind: 'Workspace',
  metadata: { name: 'old', namespace: 'default', finalizers: ['workspace.finalizer.kaito.sh'] },
  resource: { labelSelector: { matchLabels: { apps: 'gpu-test' } } },
  inference: { preset: { name: 'phi-4-mini-instruct' } },
};

/** Pods are played; the operator runs beside, under the chart's ServiceAccount and with the flags of its Deployment. */
describe('every sh block of the guides works', () => {
  let cluster: RealCluster;
  let folder: string;
  let kubectl: string;
  let environment: NodeJS.ProcessEnv;
  let operator: OperatorProcess | undefined;

  beforeAll(async () => {
    cluster = await startRealCluster({ kwokNodes: 2, progress });
    kubectl = await kubectlPath();
    const helm = await ensureBinary('helm', { env: process.env, progress });
    // What the commands write must not land in the checkout.
    folder = await mkdtemp(join(tmpdir(), 'kaito-docs-'));
    for (const name of ['apps', 'node_modules', 'package.json', 'package-lock.json'])
      await symlink(join(repository, name), join(folder, name));
    const path = [dirname(kubectl), dirname(helm), process.env['PATH']].join(':');
    environment = { ...process.env, PATH: path, KUBECONFIG: cluster.kubeconfigPath };
  }, 300_000);

  afterAll(async () => {
    await operator?.stop();
    await rm(folder, { recursive: true, force: true });
    await cluster?.stop();
  });

  async function follow(script: string): Promise<Said> {
    const said = await bash(script);
    if (script.includes('helm install ')) {
      const objects = readManifests(await render('default'));
      const serviceAccountKubeconfig = await tokenKubeconfig(cluster, kubectl, objects);
      operator = await startOperator({ objects, serviceAccountKubeconfig }, 'docs', await freePort());
    }
    return said;
  }

  function bash(script: string): Promise<Said> {
    return new Promise((resolve) => {
      const options = { cwd: folder, env: environment, timeout: 170_000 };
      execFile('bash', ['-euo', 'pipefail', '-c', script], options, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
      );
    });
  }

  /** What a block said when it failed; empty when it worked. */
  async function failureOf({ script }: Block): Promise<string> {
    const { code, stdout, stderr } = await follow(script);
    return code === 0 ? '' : `${script}\n${stdout}${stderr}`;
  }

  const every = (file: string, blocks: readonly Block[]): void =>
    test.each(blocks)(
      `${file}, $heading: $script`,
      async (block) => {
        expect(await failureOf(block)).toBe('');
      },
      180_000,
    );

  every('install.md', install.slice(0, farewell));
  every('operations.md', operations);
  every('install.md', install.slice(farewell));

  test('an upstream Workspace is there', async () => {
    await operator?.stop();
    operator = undefined;
    const input = JSON.stringify(upstreamWorkspace);
    expect((await bash('npm exec kaito -- crds | kubectl apply --server-side -f -')).code).toBe(0);
    await bash('kubectl wait --for=condition=Established crd/workspaces.kaito.sh');
    expect(
      await run(kubectl, ['--kubeconfig', cluster.kubeconfigPath, 'apply', '-f', '-'], input),
    ).toMatchObject({
      code: 0,
    });
  }, 120_000);
  every('migrate-from-upstream.md', migration);
});

function shellBlocks(file: string): readonly Block[] {
  const text = readFileSync(join(repository, 'docs', file), 'utf8');
  const blocks: Block[] = [];
  for (const match of text.matchAll(/^( *)```sh\n([\s\S]*?)^\1```$/gm)) {
    const [, indent = '', body = ''] = match;
    const headings = [...text.slice(0, match.index).matchAll(/^#+ (.*)$/gm)];
    const script = body.replaceAll(new RegExp(`^${indent}`, 'gm'), '').trim();
    blocks.push({ heading: headings.at(-1)?.[1] ?? '', script });
  }
  return blocks;
}
