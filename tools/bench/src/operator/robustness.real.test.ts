import { setTimeout as wait } from 'node:timers/promises';
import { seededRandom, startChaosProxy } from '@kaito-ts/chaos-proxy';
import { ignoreNotFound, kinds } from '@kaito-ts/kube-runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isWrite, targetOf, type AuditEntry } from './audit-log.ts';
import {
  expectRunning,
  expectWithin,
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
const minutes = { timeout: 180_000 };
let trialCluster: TrialCluster;

beforeAll(async () => {
  trialCluster = await startTrialCluster();
}, 600_000);

afterAll(async () => {
  await trialCluster?.[Symbol.asyncDispose]();
}, 300_000);

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
  const end = performance.now() + minutes.timeout;
  for (let quiet = 0; quiet < 6;) {
    await wait(500);
    const more = (await trial.writes()).filter(isWrite);
    written.push(...more);
    quiet = more.length === 0 ? quiet + 1 : 0;
    if (performance.now() > end)
      throw new Error(`the operator goes on writing, such as ${JSON.stringify(written.at(-1))}`);
  }
  return written;
}

it('makes each workload once although a fifth of its calls fail', { timeout: 900_000 }, async () => {
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
  await expectWorkloads(trial, names);
  const allThere = seconds(begun);
  await expectRunning(trial, names);
  const written = await writesUntilQuiet(trial);
  const { calls, watches, ...happened } = proxy.statistics;
  tell(
    `chaos: 100 workloads after ${allThere}, ${calls} calls, ${watches} watches, ${JSON.stringify(happened)}`,
  );
  expect(Object.entries(happened).filter(([, count]) => count === 0)).toEqual([]);
  await operator.stop();
  await expect
    .poll(() => lookForDoubles(connection.client, trial.namespace, written), minutes)
    .toEqual({ workloads: 100, services: 100, replicaSets: 100, ...once });
});

it.each([
  { component: 'kube-apiserver', awayMilliseconds: 10_000 },
  { component: 'etcd', awayMilliseconds: 20_000 },
] as const)(
  'has all workloads soon after a killed $component is back',
  { timeout: 900_000 },
  async ({ component, awayMilliseconds }) => {
    const { cluster, connection } = trialCluster;
    await using trial = await startTrial(trialCluster, `without-${component}`);
    await using operator = await trialCluster.startOperator(component);
    await leads(component);
    // Half of the Workspaces come in the six seconds before, the others in the moment when it happens.
    const [steady, burst] = [namesOf(50, 'steady'), namesOf(50, 'burst')];
    const creating = trial.create(steady, 10);
    await wait(5_800);
    await expectWithin(() => trial.observer.workloadSeenAt.size > 0, 'a workload is there');
    const bursting = trial.create(burst);
    await wait(200);
    const before = trial.observer.workloadSeenAt.size;
    await cluster.kill(component);
    await wait(awayMilliseconds);
    await cluster.start(component);
    const backAt = performance.now();
    await Promise.all([creating, bursting]);
    const names = [...steady, ...burst];
    await expectWorkloads(trial, names);
    const took = performance.now() - backAt;
    tell(
      `${component}: ${before} workloads before it ended, all 100 ${seconds(backAt)} after it was back (goal 5 s)`,
    );
    expect(took).toBeLessThan(patience(5_000));
    const written = await writesUntilQuiet(trial);
    await operator.stop();
    await expect
      .poll(() => lookForDoubles(connection.client, trial.namespace, written), minutes)
      .toEqual({ workloads: 100, services: 100, replicaSets: 100, ...once });
  },
);

it.each([
  { signal: 'SIGTERM', goalMilliseconds: 3_000 },
  { signal: 'SIGKILL', goalMilliseconds: 16_000 },
] as const)(
  'goes on within $goalMilliseconds ms when its leader gets $signal, and does nothing twice',
  { timeout: 900_000 },
  async ({ signal, goalMilliseconds }) => {
    await using trial = await startTrial(trialCluster, `leader-${signal.toLowerCase()}`);
    await using first = await trialCluster.startOperator(`first-${signal}`);
    await leads(`first-${signal}`);
    await using second = await trialCluster.startOperator(`second-${signal}`);
    await leads(`first-${signal}`);
    const during = namesOf(40, 'during');
    const creating = trial.create(during);
    await expectWithin(() => trial.observer.workloadSeenAt.size > 5, 'six workloads are there');
    const begun = performance.now();
    const stopped = first.stop(signal);
    await creating;
    await trial.create(['after']);
    await expectWorkloads(trial, ['after', ...during]);
    const took = performance.now() - begun;
    await stopped;
    tell(
      `leader ${signal}: all of 41 workloads after ${(took / 1000).toFixed(1)} s (goal ${goalMilliseconds / 1000} s)`,
    );
    expect(took).toBeLessThan(patience(goalMilliseconds));
    await leads(`second-${signal}`);
    const written = await writesUntilQuiet(trial);
    await second.stop();
    await expect
      .poll(() => lookForDoubles(trialCluster.connection.client, trial.namespace, written), minutes)
      .toEqual({ workloads: 41, services: 41, replicaSets: 41, ...once });
    const perWorkspace = written.filter((entry) => targetOf(entry) !== 'events').length / 41;
    tell(`leader ${signal}: ${perWorkspace.toFixed(2)} writes per Workspace`);
    expect(perWorkspace).toBeLessThanOrEqual(6);
  },
);

/** Ready is a replica that knows who leads, not only the leader: its Lease may be another's for some seconds. */
async function leads(name: string): Promise<void> {
  const lease = { namespace: 'kaito-system', name: 'kaito-operator' };
  await expect
    .poll(async () => {
      const live = await ignoreNotFound(trialCluster.connection.client.get(kinds.leases, lease));
      return live?.spec?.holderIdentity ?? '';
    }, minutes)
    .toMatch(name);
}
