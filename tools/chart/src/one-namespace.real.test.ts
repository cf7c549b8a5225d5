import type { Installed, OperatorProcess } from './installed.test.fixture.ts';
import { waitFor } from '@kaito-ts/real-cluster';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callsOf, refusedCalls } from './audit.ts';
import { install, modelNamespace, startOperator, untilReady } from './installed.test.fixture.ts';
import { usernameOf } from './rights.ts';

function workspace(namespace: string): object {
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name: 'phi', namespace },
    resource: { count: 1, labelSelector: { matchLabels: { apps: 'gpu-test' } } },
    inference: { preset: { name: 'phi-4-mini-instruct' } },
  };
}

describe('the operator with rights in one namespace', () => {
  let installed: Installed;
  let operator: OperatorProcess;

  beforeAll(async () => {
    installed = await install('', 'one-namespace');
    operator = await startOperator(installed, 'kaito-operator-1', 0);
    await untilReady(operator);
  }, 300_000);

  afterAll(async () => {
    await operator?.stop();
    await installed?.stop();
  });

  test('serves that one and no other, and is refused nothing', async () => {
    await installed.apply(workspace('default'), workspace(modelNamespace));
    const ready = ['wait', 'workspace/phi', '--for=condition=WorkspaceSucceeded', '--timeout=30s'];
    const said = await waitFor(
      'the Workspace',
      async () => {
        const { code, stdout } = await installed.kubectl(['-n', modelNamespace, ...ready]);
        return code === 0 ? stdout : undefined;
      },
      { milliseconds: 60_000 },
    );
    expect(said).toContain('condition met');
    expect((await installed.kubectl(['-n', 'default', 'get', 'deployments', '-o', 'name'])).stdout).toBe('');
    const username = usernameOf(installed.objects);
    expect(await refusedCalls(installed.cluster.auditLogPath, username)).toEqual([]);
    expect((await callsOf(installed.cluster.auditLogPath, username)).length).toBeGreaterThan(5);
    const elsewhere = ['-n', 'default', '--as', username];
    expect(
      (await installed.kubectl(['auth', 'can-i', 'list', 'workspaces.kaito.sh', ...elsewhere])).stdout,
    ).toBe('no\n');
  }, 120_000);
});
