import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { kinds } from '@kaito-ts/kube-runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startAgentProcess, type AgentProcess } from '../testing/agent-process.ts';
import { containerStatus, isReady, processesWith, waitFor } from '../testing/cluster-fixture.ts';
import { podOf, shell, startGround, type Ground } from '../testing/node-fixture.ts';

let ground: Ground;
let agent: AgentProcess | undefined;

beforeEach(async () => {
  ground = await startGround();
});
afterEach(async () => {
  if (agent?.child.exitCode === null && agent.child.signalCode === null) await agent.kill('SIGTERM');
  await ground.close();
});

async function start(...more: readonly string[]): Promise<AgentProcess> {
  const args = [
    '--kubeconfig',
    ground.kubeconfig,
    '--state',
    join(ground.directory, 's'),
    '--programs',
    ground.programsFile,
  ];
  agent = await startAgentProcess([
    ...args,
    '--node-name',
    'life',
    '--pod-cidr',
    '127.66.0.0/24',
    '--retry-seconds',
    '0.3',
    ...more,
  ]);
  return agent;
}

test('killed and started again: the old processes are gone, each container runs once', async () => {
  const first = await start();
  // A server, its child in another session without the marker in view, and one that was never recorded.
  await ground.cluster.createPod(
    'server',
    podOf(shell('setsid sleep 72001 & sleep 72001 & exec sleep 72001')),
  );
  await ground.cluster.createPod('job', { ...podOf(shell('exec sleep 72002')), restartPolicy: 'Never' });
  await ground.cluster.createPod('done', { ...podOf(shell('exit 0')), restartPolicy: 'OnFailure' });
  const before = await ground.cluster.waitForPod('server', isReady);
  await ground.cluster.waitForPod('job', isReady);
  await ground.cluster.waitForPod('done', ({ status }) => status?.phase === 'Succeeded');
  const old = await waitFor(async () =>
    processesWith('72001').length === 3 ? processesWith('72001') : undefined,
  );

  await first.kill('SIGKILL');
  expect(processesWith('72001')).toEqual(old);
  await start();

  const after = await ground.cluster.waitForPod(
    'server',
    (pod) => isReady(pod) && containerStatus(pod)?.restartCount === 1,
  );
  expect(await waitFor(async () => (processesWith('72001').length === 3 ? true : undefined))).toBe(true);
  expect(processesWith('72001').filter((pid) => old?.includes(pid))).toEqual([]);
  expect(after.metadata.uid).toBe(before.metadata.uid);
  expect(after.status?.podIP).toBe(before.status?.podIP);
  expect(containerStatus(after)?.lastState.terminated?.exitCode).toBe(137);
  const job = await ground.cluster.waitForPod('job', ({ status }) => status?.phase === 'Failed');
  expect(containerStatus(job)?.state.terminated?.exitCode).toBe(137);
  expect(processesWith('72002')).toEqual([]);
  expect((await ground.cluster.pod('done'))?.status?.phase).toBe('Succeeded');
});

test('killed while a pod is deleted: the next agent ends its processes and confirms', async () => {
  const first = await start();
  await ground.cluster.createPod(
    'stuck',
    podOf(shell(`trap '' TERM; while :; do sleep 72003; done`), { terminationGracePeriodSeconds: 60 }),
  );
  await ground.cluster.waitForPod('stuck', isReady);
  await ground.cluster.deletePod('stuck');
  await first.kill('SIGKILL');
  await ground.cluster.createPod('forced', podOf(shell('exit 0')));
  expect(processesWith('72003').length).toBeGreaterThan(0);
  await start();
  await ground.cluster.waitUntilGone('stuck');
  expect(processesWith('72003')).toEqual([]);
});

test('told to stop: every process ends and the node says so; the pods come back with the next agent', async () => {
  const first = await start();
  await ground.cluster.createPod(
    'server',
    podOf(shell(`trap '' TERM; setsid sleep 72004 & while :; do sleep 72004; done`)),
  );
  await ground.cluster.waitForPod('server', isReady);
  await waitFor(async () => (processesWith('72004').length >= 2 ? true : undefined));
  expect(await first.kill('SIGTERM')).toBe(0);
  expect(processesWith('72004')).toEqual([]);
  const found = await ground.cluster.client.get(kinds.nodes, { name: 'life' });
  expect(found.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('False');
  const stopped = await ground.cluster.pod('server');
  expect(stopped !== undefined && isReady(stopped)).toBe(false);
  expect(readdirSync(join(ground.directory, 's', 'processes'))).toEqual([]);

  await start();
  await ground.cluster.waitForPod(
    'server',
    (pod) => isReady(pod) && containerStatus(pod)?.restartCount === 1,
  );
  const again = await ground.cluster.client.get(kinds.nodes, { name: 'life' });
  expect(again.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
});

test('a second agent on the same state is refused', async () => {
  await start();
  const second = startAgentProcess([
    '--kubeconfig',
    ground.kubeconfig,
    '--state',
    join(ground.directory, 's'),
  ]);
  await expect(second).rejects.toThrow(/is used by the node agent with pid \d+; next: stop it/);
  expect(existsSync(join(ground.directory, 's', 'agent.lock'))).toBe(true);
});

test('folders of pods that went away meanwhile are removed', async () => {
  const first = await start();
  await ground.cluster.createPod('gone', podOf(shell('exec sleep 72005')));
  await ground.cluster.waitForPod('gone', isReady);
  await first.kill('SIGKILL');
  await ground.cluster.deletePod('gone', 0);
  await start();
  const pods = join(ground.directory, 's', 'pods');
  expect(await waitFor(async () => (readdirSync(pods).length === 0 ? true : undefined))).toBe(true);
  expect(processesWith('72005')).toEqual([]);
});
