import { setTimeout as wait } from 'node:timers/promises';
import { seededRandom, startChaosProxy } from '@kaito-ts/chaos-proxy';
import { kinds } from '@kaito-ts/kube-runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isWrite, targetOf, type AuditEntry } from './audit-log.ts';
import { within } from './observer.ts';
import {
  expectWorkloads,
  lookForDoubles,
  namesOf,
  patience,
  startTrial,
  startTrialCluster,
  type Trial,
  type TrialCluster,
} from './trial.test.data.ts';

const once = { createdTwice: [], deletes: 0 };
let trialCluster: TrialCluster;

beforeAll(async () => {
  trialCluster = await startTrialCluster();
}, 180_000);

afterAll(async () => {
  await trialCluster[Symbol.asyncDispose]();
}, 60_000);

/** For the reader of the test's output: the figures behind the verdict. */
function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

/** Everything is told and done when nothing is written any more. */
async function writesUntilQuiet(trial: Trial): Promise<readonly AuditEntry[]> {
  const written: AuditEntry[] = [];
  for (let quiet = 0; quiet < 6;) {
    await wait(500);
    const more = (await trial.writes()).filter(isWrite);
    written.push(...more);
    quiet = more.length === 0 ? quiet + 1 : 0;
  }
  return written;
}

it('makes each workload once although a fifth of its calls fail', { timeout: 240_000 }, async () => {
  const { cluster, connection } = trialCluster;
  await using trial = await startTrial(trialCluster, 'chaos');
  await using proxy = await startChaosProxy({
    kubeconfigPath: cluster.kubeconfigPath,
    random: seededRandom(20),
  });
  await using operator = await trialCluster.startOperator('chaos', proxy.kubeconfigPath);
  const begun = performance.now();
  const names = namesOf(100, 'chaos');
  await trial.create(names);
  await expectWorkloads(trial, names, 120_000);
  const allThere = seconds(begun);
  const pods = (): boolean => names.every((name) => trial.observer.running.has(name));
  expect(await within(120_000, pods)).toBe(true);
  const written = await writesUntilQuiet(trial);
  const { calls, watches, ...happened } = proxy.statistics;
  tell(
    `chaos: 100 workloads after ${allThere}, ${calls} calls, ${watches} watches, ${JSON.stringify(happened)}`,
  );
  expect(Object.values(happened).every((count) => count > 0)).toBe(true);
  await operator.stop();
  await expect
    .poll(() => lookForDoubles(connection.client, trial.namespace, written), { timeout: 60_000 })
    .toEqual({ workloads: 100, services: 100, replicaSets: 100, ...once });
});

it.each([
  { component: 'kube-apiserver', awayMilliseconds: 10_000 },
  { component: 'etcd', awayMilliseconds: 20_000 },
] as const)(
  'has all workloads soon after a killed $component is back',
  { timeout: 180_000 },
  async ({ component, awayMilliseconds }) => {
    const { cluster, connection } = trialCluster;
    await using trial = await startTrial(trialCluster, `without-${component}`);
    await using operator = await trialCluster.startOperator(component);
    // Half of the Workspaces come in the six seconds before, the others in the moment when it happens.
    const [steady, burst] = [namesOf(50, 'steady'), namesOf(50, 'burst')];
    const creating = trial.create(steady, 10);
    await wait(5_800);
    const bursting = trial.create(burst);
    await wait(200);
    const before = trial.observer.workloadSeenAt.size;
    await cluster.kill(component);
    await wait(awayMilliseconds);
    await cluster.start(component);
    const backAt = performance.now();
    await Promise.all([creating, bursting]);
    const names = [...steady, ...burst];
    await expectWorkloads(trial, names, 60_000);
    tell(`${component}: ${before} workloads before it ended, all 100 ${seconds(backAt)} after it was back`);
    expect(performance.now() - backAt).toBeLessThan(patience(5_000));
    const written = await writesUntilQuiet(trial);
    await operator.stop();
    await expect
      .poll(() => lookForDoubles(connection.client, trial.namespace, written), { timeout: 60_000 })
      .toEqual({ workloads: 100, services: 100, replicaSets: 100, ...once });
  },
);

it.each([
  { signal: 'SIGTERM', goalMilliseconds: 3_000 },
  { signal: 'SIGKILL', goalMilliseconds: 16_000 },
] as const)(
  'goes on within $goalMilliseconds ms when its leader gets $signal, and does nothing twice',
  { timeout: 120_000 },
  async ({ signal, goalMilliseconds }) => {
    await using trial = await startTrial(trialCluster, `leader-${signal.toLowerCase()}`);
    await using first = await trialCluster.startOperator(`first-${signal}`);
    await using second = await trialCluster.startOperator(`second-${signal}`);
    expect(await leader()).toMatch(`first-${signal}`);
    const during = namesOf(40, 'during');
    const creating = trial.create(during);
    expect(await within(60_000, () => trial.observer.workloadSeenAt.size > 5)).toBe(true);
    const begun = performance.now();
    const stopped = first.stop(signal);
    await creating;
    await trial.create(['after']);
    await expectWorkloads(trial, ['after', ...during], 60_000);
    const took = performance.now() - begun;
    await stopped;
    tell(`leader ${signal}: all of 41 workloads after ${(took / 1000).toFixed(1)} s`);
    expect(took).toBeLessThan(patience(goalMilliseconds));
    expect(await leader()).toMatch(`second-${signal}`);
    const written = await writesUntilQuiet(trial);
    await second.stop();
    await expect
      .poll(() => lookForDoubles(trialCluster.connection.client, trial.namespace, written), {
        timeout: 60_000,
      })
      .toEqual({ workloads: 41, services: 41, replicaSets: 41, ...once });
    const perWorkspace = written.filter((entry) => targetOf(entry) !== 'events').length / 41;
    tell(`leader ${signal}: ${perWorkspace.toFixed(2)} writes per Workspace`);
    expect(perWorkspace).toBeLessThanOrEqual(6);
  },
);

async function leader(): Promise<string> {
  const lease = { namespace: 'kaito-system', name: 'kaito-operator' };
  const { spec } = await trialCluster.connection.client.get(kinds.leases, lease);
  return spec?.holderIdentity ?? '';
}
