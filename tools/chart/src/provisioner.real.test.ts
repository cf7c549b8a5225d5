import type { FakeProvider } from '@kaito-ts/fake-provider';
import type { Installed, OperatorProcess } from './installed.test.fixture.ts';
import { startFakeProvider } from '@kaito-ts/fake-provider';
import { waitFor } from '@kaito-ts/real-cluster';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callsOf, permissionsOf, refusedCalls } from './audit.ts';
import { freePort, install, modelNamespace, startOperator, untilReady } from './installed.test.fixture.ts';
import { usernameOf } from './rights.ts';
import { permissionsIn, rulesOf } from './rules.ts';

const patience = { milliseconds: 60_000 };
const options = { timeout: 150_000 };

/** Rights at the provider that this test does not come to use, and why they are there. */
const unused: Readonly<Record<string, readonly string[]>> = {
  // The write of a NodeClass that is there already; claims of another provisioner.
  karpenter: ['delete nodeclaims.karpenter.sh', 'patch nodepools.karpenter.sh'],
  'azure-gpu-provisioner': [],
};

function workspace(name: string): object {
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name, namespace: modelNamespace },
    resource: {
      instanceType: 'Standard_NC24ads_A100_v4',
      labelSelector: { matchLabels: { apps: name } },
    },
    inference: { preset: { name: 'phi-4-mini-instruct' } },
  };
}

/** On real API machinery, under the rights that the chart grants and no others. */
describe.each(['karpenter', 'azure-gpu-provisioner'] as const)('with nodeProvisioner %s', options, (mode) => {
  let installed: Installed;
  let operator: OperatorProcess;
  let provider: FakeProvider | undefined;

  beforeAll(async () => {
    const port = await freePort();
    installed = await install(`https://127.0.0.1:${port}/validate/workspace.kaito.sh`, mode);
    operator = await startOperator(installed, 'kaito-operator-1', port);
  }, 300_000);

  afterAll(async () => {
    await operator?.stop();
    await provider?.stop();
    await installed?.stop();
  });

  const get = (...argv: readonly string[]): ReturnType<Installed['kubectl']> =>
    installed.kubectl(['-n', modelNamespace, 'get', ...argv]);

  async function says(name: string, text: string): Promise<true> {
    const explain = async (): Promise<string> => (await get('workspace', name, '-o', 'yaml')).stdout;
    return waitFor(
      `${text} in Workspace/${name}`,
      async () => ((await explain()).includes(text) ? true : undefined),
      { ...patience, explain },
    );
  }

  test('without its kinds the operator is up, not ready, and says why to everybody', async () => {
    await installed.apply(workspace('early'));
    expect(await says('early', 'reason: NodeProvisionerMissing')).toBe(true);
    const answer = await fetch(`${operator.health}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toMatch(/not installed: .*nodeclaims\.karpenter\.sh/);
  });

  test('with them it becomes ready by itself, and serves who waited', async () => {
    provider = await startFakeProvider({ kubeconfigPath: installed.cluster.kubeconfigPath });
    await untilReady(operator);
    expect(await says('early', 'reason: workspaceSucceeded')).toBe(true);
    expect(provider.purchases).toHaveLength(1);
  });

  test('a Workspace that goes gives its machine back, after its pods', async () => {
    const goes = ['delete', 'workspace', 'early', '--wait', '--timeout=50s'];
    expect(await installed.kubectl(['-n', modelNamespace, ...goes])).toMatchObject({ code: 0 });
    expect(provider?.purchases).toMatchObject([{ evicted: [], releasedAt: expect.any(String) }]);
    expect((await get('nodeclaims', '-o', 'name')).stdout).toBe('');
  });

  test('nothing was forbidden, and nothing at the provider is granted that is not used', async () => {
    const { auditLogPath } = installed.cluster;
    const username = usernameOf(installed.objects);
    expect(await refusedCalls(auditLogPath, username)).toEqual([]);
    const used = new Set((await callsOf(auditLogPath, username)).flatMap(permissionsOf));
    const rules = rulesOf(installed.objects).filter(({ apiGroups }) =>
      apiGroups.some((group) => group.startsWith('karpenter')),
    );
    const granted = permissionsIn(rules);
    expect(granted.size).toBeGreaterThan(0);
    process.stdout.write(`${mode}: ${[...granted].toSorted().join(', ')}\n`);
    const idle = [...granted.difference(used)].filter((permission) => !permission.startsWith('list '));
    expect(idle.toSorted()).toEqual(unused[mode]);
  });
});
