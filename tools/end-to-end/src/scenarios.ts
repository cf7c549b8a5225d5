import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { kinds, type Pod } from '@kaito-ts/kube-runtime';
import { readProcess, workspaces, type ProcessEntry, type StoredWorkspace } from '@kaito-ts/cli';
import type { Engine } from './engine.ts';
import { aWorkspace, sentences } from './workspace-builder.ts';
import {
  apply,
  ask,
  deleteWorkspace,
  describeStatus,
  expectCause,
  expectReady,
  firstNotTrue,
  getWorkspace,
  isReady,
  onlyPodOf,
  podsOf,
} from './verbs.ts';
import { patienceSeconds, until } from './until.ts';
import { untilVersion } from './versions.ts';

/** What a user sees, on any engine. */
export function describeScenarios(name: string, start: () => Promise<Engine>): void {
  describe(name, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await start();
    }, 1_200_000);
    afterEach(async () => {
      const { items } = await engine.client.list(workspaces, { namespace: 'default' });
      for (const { metadata } of items) await deleteWorkspace(engine, metadata.name);
      await expectProcesses(
        engine,
        'no process is left without a pod',
        (processes) => processes.length === 0,
      );
    }, 600_000);
    afterAll(() => engine?.close(), 300_000);

    scenario(
      'a Workspace without adapter, then at strength 0.25, then at 1.0, answers as its strength says',
      async () => {
        await apply(engine, aWorkspace());
        await expectReady(engine, 'demo');
        expect(await ask(engine, 'demo')).toBe(sentences.base);

        await apply(engine, aWorkspace({ adapters: [['own-pirate', '0.25']] }));
        await expectReady(engine, 'demo');
        expect(await ask(engine, 'demo')).toBe(sentences.base);

        const [before] = await podsOf(engine, 'demo');
        await apply(engine, aWorkspace({ adapters: [['own-pirate', '1.0']] }));
        const seen = await watchRollout(engine, 'demo');
        expect(await ask(engine, 'demo')).toBe(sentences.pirate);
        expect((await onlyPodOf(engine, 'demo')).metadata.uid).not.toBe(before?.metadata.uid);
        expect(seen.filter(({ ready, answer }) => ready && answer !== sentences.pirate)).toEqual([]);
        expect(seen.map(({ reason }) => reason)).toContain('RolloutInProgress');
      },
    );

    scenario('two adapters are laid over the model together', async () => {
      await apply(
        engine,
        aWorkspace({
          name: 'two',
          adapters: [
            ['own-pirate', '0'],
            ['own-shout', '1.0'],
          ],
        }),
      );
      await expectReady(engine, 'two');
      expect(await ask(engine, 'two')).toBe(sentences.shout);
    });

    scenario('a runtime that is killed is named, started again, and answers', async () => {
      await apply(engine, aWorkspace());
      await expectReady(engine, 'demo');
      const runtime = findRuntime(await engine.podProcesses());
      process.kill(runtime.pid, 'SIGKILL');
      await expectCause(engine, 'demo', {
        type: 'InferenceReady',
        reason: 'RuntimeKilled',
        message: /SIGKILL|killed/i,
      });
      await expectReady(engine, 'demo');
      expect(await ask(engine, 'demo')).toBe(sentences.base);
      expect((await mainContainer(engine, 'demo'))?.restartCount).toBe(1);
    });

    scenario('an operator that is killed changes nothing, and its restart writes nothing', async () => {
      await apply(engine, aWorkspace({ adapters: [['own-pirate', '1.0']] }));
      await expectReady(engine, 'demo');
      const writesBefore = await quietCount(engine);
      const before = await getWorkspace(engine, 'demo');
      const processesBefore = await engine.podProcesses();
      await engine.killAndRestart('operator');
      // What it would write at its start, it would write by now.
      await new Promise((resolve) => setTimeout(resolve, 5000));
      expect((await getWorkspace(engine, 'demo')).metadata.resourceVersion).toBe(
        before.metadata.resourceVersion,
      );
      expect(await engine.countWrites()).toBe(writesBefore);
      expect(pids(await engine.podProcesses())).toEqual(pids(processesBefore));
      expect(await ask(engine, 'demo')).toBe(sentences.pirate);
    });

    scenario('a node agent that is killed doubles nothing and orphans nothing', async () => {
      await apply(engine, aWorkspace());
      await expectReady(engine, 'demo');
      const before = await engine.podProcesses();
      const startBefore = (await mainContainer(engine, 'demo'))?.state?.running?.startedAt;
      await engine.killAndRestart('node');
      await expectProcesses(
        engine,
        `the pod runs again, as ${describeProcesses(before).join('; ')} did`,
        (now) => now.length === before.length && !sharesPid(now, before),
      );
      await until(
        patienceSeconds,
        'every process from before is gone',
        async () => !(await anyAlive(before)),
      );
      // A Workspace is Ready until the node has told what became of its pod.
      let last: ContainerStatus;
      await until(
        engine.readySeconds,
        () => `the pod started anew and is ready; last seen: ${JSON.stringify(last)}`,
        async () => {
          last = await mainContainer(engine, 'demo');
          return last?.ready === true && last.state?.running?.startedAt !== startBefore;
        },
      );
      await expectReady(engine, 'demo');
      expect(await ask(engine, 'demo')).toBe(sentences.base);
      expect(await podsOf(engine, 'demo')).toHaveLength(1);
    });

    scenario('pods may be deleted by hand', async () => {
      await apply(engine, aWorkspace());
      await expectReady(engine, 'demo');
      const [pod] = await podsOf(engine, 'demo');
      const takenBack = untilVersion(
        engine,
        { name: 'demo', seconds: patienceSeconds, what: () => 'Ready is taken back' },
        (workspace) => (isReady(workspace) ? undefined : workspace),
      );
      await Promise.all([
        takenBack,
        engine.client.delete(kinds.pods, { namespace: 'default', name: pod?.metadata.name ?? '' }),
      ]);
      await expectReady(engine, 'demo');
      expect(await ask(engine, 'demo')).toBe(sentences.base);
    });
  });
}

function scenario(title: string, steps: () => Promise<void>): void {
  test(title, steps, 1_200_000);
}

type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number] | undefined;

async function mainContainer(engine: Engine, name: string): Promise<ContainerStatus> {
  const [pod] = await podsOf(engine, name);
  return pod?.status?.containerStatuses?.[0];
}

interface Seen {
  readonly ready: boolean;
  readonly reason: string | undefined;
  readonly answer: string | undefined;
}

/** Looks at status and answer together until the Workspace is ready, so that a lie in between is seen. */
async function watchRollout(engine: Engine, name: string): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  let last: StoredWorkspace | undefined;
  const what = (): string => `${name} is rolled out; ${describeStatus(last)}`;
  await untilVersion(engine, { name, seconds: engine.readySeconds, what }, async (workspace) => {
    last = workspace;
    const ready = isReady(workspace);
    const answer = ready ? await ask(engine, name) : undefined;
    seen.push({ ready, reason: firstNotTrue(workspace)?.reason, answer });
    return ready || undefined;
  });
  return seen;
}

/** Processes end a moment after their pod is told to be gone, and a node starts them a moment after it is back. */
async function expectProcesses(
  engine: Engine,
  what: string,
  holds: (processes: readonly ProcessEntry[]) => boolean,
): Promise<void> {
  let last: readonly ProcessEntry[] = [];
  await until(
    engine.readySeconds,
    () => `${what}; there are: ${describeProcesses(last).join('; ')}`,
    async () => {
      last = await engine.podProcesses();
      return holds(last);
    },
  );
}

/** The number of writes once it has stood still for two seconds. */
async function quietCount(engine: Engine): Promise<number> {
  let last = -1;
  const quiet = await until(patienceSeconds, 'nothing is written any more', async () => {
    const now = await engine.countWrites();
    if (now === last) return { count: now };
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return undefined;
  });
  return quiet.count;
}

/** The launcher's child, not the shells around it. */
function findRuntime(processes: readonly ProcessEntry[]): ProcessEntry {
  const launcher = processes.find(({ commandLine }) =>
    commandLine.some((part) => part.endsWith('/lib/launcher.mjs')),
  );
  const runtime = processes.find(({ parentPid }) => parentPid === launcher?.pid);
  if (runtime === undefined)
    throw new Error(`no runtime under the launcher: ${describeProcesses(processes).join('; ')}`);
  return runtime;
}

function pids(processes: readonly ProcessEntry[]): readonly number[] {
  return processes.map(({ pid }) => pid).toSorted((a, b) => a - b);
}

function sharesPid(some: readonly ProcessEntry[], others: readonly ProcessEntry[]): boolean {
  return some.some(({ pid, startTime }) =>
    others.some((other) => other.pid === pid && other.startTime === startTime),
  );
}

async function anyAlive(before: readonly ProcessEntry[]): Promise<boolean> {
  const now = await Promise.all(before.map(({ pid }) => readProcess(pid)));
  return now.some((entry, index) => entry !== undefined && entry.startTime === before[index]?.startTime);
}

function describeProcesses(processes: readonly ProcessEntry[]): readonly string[] {
  return processes.map(({ pid, commandLine }) => `${pid} ${commandLine.join(' ').slice(0, 120)}`);
}
