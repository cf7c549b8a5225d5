import type { Installed, OperatorProcess } from './installed.test.fixture.ts';
import type { Said } from './run.ts';
import { kinds } from '@kaito-ts/kube-runtime';
import { waitFor } from '@kaito-ts/real-cluster';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callsOf, permissionsOf, refusedCalls } from './audit.ts';
import { release } from './chart.ts';
import { freePort, install, modelNamespace, startOperator, untilReady } from './installed.test.fixture.ts';
import { usernameOf } from './rights.ts';
import { permissionsIn, rulesOf } from './rules.ts';

const namespace = modelNamespace;
const patience = { milliseconds: 120_000 };

/** Rights that this test does not come to use, and why they are there. */
const lists = ['workspaces.kaito.sh', 'deployments.apps', 'statefulsets.apps', 'services', 'pods', 'nodes']
  .concat('configmaps', 'events', 'secrets', 'validatingwebhookconfigurations.admissionregistration.k8s.io')
  .map((target): [string, string] => [
    `list ${target}`,
    'API servers whose watches do not begin with a list',
  ]);
const unusedHere = new Map([
  ...lists,
  [
    'update workspaces/finalizers.kaito.sh',
    'owner references, where OwnerReferencesPermissionEnforcement is on',
  ],
]);

function workspace(name: string, changes: object = {}, finalizers: readonly string[] = []): object {
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name, namespace, finalizers },
    resource: { count: 1, labelSelector: { matchLabels: { apps: 'gpu-test' } } },
    inference: { preset: { name: 'phi-4-mini-instruct' }, ...changes },
  };
}

/** More than one node holds. */
function wide(changes: object = {}): object {
  const { resource, inference, ...rest } = workspace('wide', {
    preset: { name: 'deepseek-r1-0528' },
    ...changes,
  }) as {
    resource: object;
    inference: object;
  };
  return { ...rest, resource: { ...resource, count: 2 }, inference };
}

function contradiction(name: string): object {
  const matchExpressions = [{ key: 'apps', operator: 'In', values: ['others'] }];
  const labelSelector = { matchLabels: { apps: 'gpu-test' }, matchExpressions };
  return { ...workspace(name), resource: { count: 1, labelSelector } };
}

function adapters(...names: readonly string[]): object {
  return {
    adapters: names.map((name, index) => ({ source: { name, image: `registry.example/${name}:${index}` } })),
  };
}

describe("the operator under the chart's ServiceAccount", { timeout: 400_000 }, () => {
  let installed: Installed;
  let first: OperatorProcess;
  let second: OperatorProcess | undefined;

  const get = (...argv: readonly string[]): ReturnType<Installed['kubectl']> =>
    installed.kubectl(['-n', namespace, 'get', ...argv]);

  async function appears(kind: string, name: string): Promise<true> {
    return waitFor(
      `${kind}/${name}`,
      async () => ((await get(kind, name)).code === 0 ? true : undefined),
      patience,
    );
  }

  async function disappears(kind: string, name: string): Promise<true> {
    return waitFor(
      `no ${kind}/${name}`,
      async () => ((await get(kind, name)).code === 0 ? undefined : true),
      patience,
    );
  }

  async function contains(kind: string, name: string, text: string): Promise<true> {
    const explain = async (): Promise<string> => (await get('workspace', name, '-o', 'yaml')).stdout;
    return waitFor(
      `${text} in ${kind}/${name}`,
      async () => ((await get(kind, name, '-o', 'yaml')).stdout.includes(text) ? true : undefined),
      { ...patience, explain },
    );
  }

  async function uidOf(kind: string, name: string): Promise<string> {
    return (await get(kind, name, '-o', 'jsonpath={.metadata.uid}')).stdout;
  }

  beforeAll(async () => {
    const port = await freePort();
    installed = await install(`https://127.0.0.1:${port}/validate/workspace.kaito.sh`);
    await installed.apply(configMap(2048), workspace('old'), workspace('single'), wide());
    for (const [name, kind] of [
      ['old', 'StatefulSet'],
      ['single', 'Deployment'],
      ['wide', 'Deployment'],
    ] as const) {
      const said = await installed.kubectl(['-n', namespace, 'get', 'workspace', name, '-o', 'json']);
      const { metadata } = JSON.parse(said.stdout) as { metadata: { uid: string } };
      await installed.apply(...upstreamObjects(kind, name, metadata.uid));
    }
    first = await startOperator(installed, 'kaito-operator-1', port);
    await untilReady(first);
  }, 300_000);

  afterAll(async () => {
    await first?.stop();
    await second?.stop();
    await installed?.stop();
  });

  test('the webhook refuses a bad Workspace and names its fields', async () => {
    // An API server that has not read the new authority yet lets everything pass.
    const said = await waitFor(
      'a refusal',
      async () => {
        const answer = await installed.kubectl(
          ['apply', '--dry-run=server', '-f', '-'],
          JSON.stringify(contradiction('bad')),
        );
        return answer.code === 0 ? undefined : answer.stderr;
      },
      patience,
    );
    expect(said).toContain('The Workspace "bad" is invalid: resource.labelSelector: matches no node');
  });

  test('the webhook warns of a preset that nobody knows', async () => {
    const unknown = workspace('unknown', { preset: { name: 'phi-4-mini-instruckt' } });
    let said: Said | undefined;
    // A call that fails lets everything pass, without a warning.
    await waitFor(
      'a warning',
      async () => {
        said = await installed.kubectl(['apply', '--dry-run=server', '-f', '-'], JSON.stringify(unknown));
        expect(said.stderr).toMatch(/Warning: inference\.preset\.name: .*phi-4-mini-instruct/);
        return true;
      },
      patience,
    );
    expect(said?.code).toBe(0);
  });

  test('a Workspace comes to its workload, and goes', async () => {
    await installed.apply(workspace('phi', {}, ['workspace.finalizer.kaito.sh']));
    expect(await appears('deployment', 'phi')).toBe(true);
    await installed.apply(workspace('phi', adapters('own'), ['workspace.finalizer.kaito.sh']));
    expect(await contains('deployment', 'phi', 'registry.example/own:0')).toBe(true);
    await installed.kubectl(['-n', namespace, 'delete', 'workspace', 'phi', '--wait', '--timeout=120s']);
    expect((await get('workspace', 'phi')).stderr).toContain('NotFound');
  });

  test('what upstream made is taken over when it changes', async () => {
    await installed.apply(workspace('old', adapters('own')), workspace('single', adapters('own')));
    expect(await contains('statefulset', 'old', 'registry.example/own:0')).toBe(true);
    expect(await contains('deployment', 'single', 'registry.example/own:0')).toBe(true);
    expect(await disappears('service', 'single-headless')).toBe(true);
  });

  test('a model for two nodes gets its StatefulSet, and its pods are replaced together', async () => {
    await installed.apply(wide({ config: 'settings' }));
    expect(await contains('statefulset', 'wide', 'max-model-len')).toBe(true);
    expect(await disappears('deployment', 'wide')).toBe(true);
    expect(await contains('pod', 'wide-1', 'Running')).toBe(true);
    const before = await uidOf('pod', 'wide-1');
    await installed.apply(configMap(1024));
    await waitFor(
      'another pod',
      async () => (['', before].includes(await uidOf('pod', 'wide-1')) ? undefined : true),
      patience,
    );
  });

  test('another replica is ready beside the leader, and leads when that one ends', async () => {
    second = await startOperator(installed, 'kaito-operator-2', await freePort());
    await untilReady(second);
    await first.stop();
    await installed.apply(workspace('later'));
    expect(await appears('deployment', 'later')).toBe(true);
  });

  test('nothing was forbidden, and nothing is granted that is not used', async () => {
    const { auditLogPath } = installed.cluster;
    const username = usernameOf(installed.objects);
    const granted = permissionsIn(rulesOf(installed.objects));
    const used = async (): Promise<ReadonlySet<string>> =>
      new Set((await callsOf(auditLogPath, username)).flatMap(permissionsOf));
    // The last tests' Events and clean-up may still be under way.
    await expect
      .poll(async () => [...granted.difference(await used())].toSorted(), { timeout: 120_000, interval: 500 })
      .toEqual([...unusedHere.keys()].toSorted());
    process.stdout.write(`permissions used: ${[...(await used())].toSorted().join(', ')}\n`);
    expect(await refusedCalls(auditLogPath, username)).toEqual([]);
  });

  test('Secrets of others cannot be read', async () => {
    const account = usernameOf(installed.objects);
    const can = async (verb: string, what: string): Promise<string> =>
      (
        await installed.kubectl(['auth', 'can-i', verb, what, '--as', account, '-n', release.namespace])
      ).stdout.trim();
    expect(await can('list', 'secrets')).toBe('no');
    expect(await can('get', 'secrets/other')).toBe('no');
    expect(await can('create', 'pods')).toBe('no');
    expect(await can('create', 'deployments.apps')).toBe('yes');
    expect((await installed.client.list(kinds.leases, { namespace: release.namespace })).items).toHaveLength(
      1,
    );
  });
});

function configMap(length: number): object {
  const data = { 'inference_config.yaml': `vllm:\n  max-model-len: ${length}\n` };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace }, data };
}

/** As much of upstream's objects as makes them theirs: their owner, and no revision of ours. */
function upstreamObjects(kind: 'StatefulSet' | 'Deployment', name: string, uid: string): readonly object[] {
  const labels = { 'kaito.sh/workspace': name };
  const owner = {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  const metadata = { name, namespace, ownerReferences: [owner] };
  const ports = [{ name: 'http', port: 80, targetPort: 5000 }];
  const containers = [{ name, image: 'registry.example/kaito-base:0.5.0' }];
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: labels, ports } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...metadata, name: `${name}-headless` },
      spec: { clusterIP: 'None', selector: labels },
    },
    {
      apiVersion: 'apps/v1',
      kind,
      metadata,
      spec: {
        replicas: 1,
        ...(kind === 'StatefulSet' && { serviceName: `${name}-headless` }),
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
      },
    },
  ];
}
