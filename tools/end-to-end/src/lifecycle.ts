import { callsOf, release as place } from '@kaito-ts/chart';
import { workspaces } from '@kaito-ts/cli';
import { ignoreNotFound, isInvalid, kinds, type Applied } from '@kaito-ts/kube-runtime';
import type { StoredWorkspace } from '@kaito-ts/cli';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepAsking } from './keep-asking.ts';
import type { NodeEngine } from './node.ts';
import { until } from './until.ts';
import { apply, ask, deleteWorkspace, expectReady, getWorkspace, podsOf } from './verbs.ts';
import { aWorkspace, sentences } from './workspace-builder.ts';

/** What an administrator does to the release; of all of it a running model may notice nothing. */
export function describeLifecycle(name: string, start: () => Promise<NodeEngine>): void {
  describe(`${name}: the release`, () => {
    let engine: NodeEngine;
    beforeAll(async () => {
      engine = await start();
      await apply(engine, aWorkspace());
      await expectReady(engine, 'demo');
    }, 600_000);
    afterAll(async () => {
      await deleteWorkspace(engine, 'demo');
      await engine.close();
    }, 120_000);

    /** While the administrator does that, the model answers every request and nothing of it is touched. */
    async function unnoticed(what: () => Promise<void>): Promise<void> {
      const before = await stateOf(engine, 'demo');
      const asking = keepAsking(await serviceUrl(engine, 'demo'), sentences.base);
      try {
        await what();
        await asking.answers(3);
      } finally {
        await asking.stop();
      }
      expect(asking.failures()).toEqual([]);
      expect(await stateOf(engine, 'demo')).toEqual(before);
    }

    test('its webhook is asked through its Service', async () => {
      const refusal = await until(60, 'a Workspace that can match no node is refused', () =>
        engine.client.create(workspaces, contradiction(), { dryRun: true }).then(
          () => undefined,
          (error: unknown) => (isInvalid(error) ? error : undefined),
        ),
      );
      expect(refusal.message).toContain('resource.labelSelector: matches no node');
    }, 90_000);

    test('its Service serves metrics of every kind', async () => {
      const { clusterIP } = await serviceOf(engine, place.namespace, `${place.name}-svc`);
      const text = await (await fetch(`http://${clusterIP}:8080/metrics`)).text();
      expect(text).toContain('# TYPE kaito_workspace_count gauge');
    }, 30_000);

    test('another replica leads when the leader is deleted', async () => {
      await unnoticed(async () => {
        const before = await until(30, 'an operator leads', () => engine.operator.leader());
        const pod = before.slice(0, before.lastIndexOf('_'));
        await engine.client.delete(kinds.pods, { namespace: place.namespace, name: pod });
        await until(60, `another one leads than ${before}`, async () => {
          const now = await engine.operator.leader();
          return now !== undefined && now !== before;
        });
      });
    }, 120_000);

    test('an upgrade leaves the model alone', async () => {
      await unnoticed(async () => {
        await engine.operator.release.upgrade('logging.level=debug');
        await leadsAgain(engine);
      });
    }, 300_000);

    test('an uninstall leaves CRDs, Workspaces and the model alone', async () => {
      await unnoticed(async () => {
        await engine.operator.release.uninstall();
        await until(60, 'the operator is gone', async () => (await engine.operator.pods()).length === 0);
      });
      const crd = { name: 'workspaces.kaito.sh' };
      expect(await ignoreNotFound(engine.client.get(kinds.customResourceDefinitions, crd))).toBeDefined();
    }, 300_000);

    test('an installation after that takes over, and writes only its own certificate', async () => {
      const before = (await writesOf(engine)).length;
      await unnoticed(async () => {
        await engine.operator.release.install('defaultRuntime=llamacpp');
        await leadsAgain(engine);
      });
      const since = (await writesOf(engine)).slice(before);
      const certificate = new Set(['secrets', 'validatingwebhookconfigurations']);
      expect(since.filter((resource) => !certificate.has(resource))).toEqual([]);
      await apply(engine, aWorkspace({ adapters: [['own-pirate', '1.0']] }));
      await expectReady(engine, 'demo');
      expect(await ask(engine, 'demo')).toBe(sentences.pirate);
    }, 300_000);
  });
}

/** A leader among the pods there are: the one before may say goodbye still. */
async function leadsAgain(engine: NodeEngine): Promise<void> {
  let last = '';
  await until(
    60,
    () => `one of the operator's pods leads: ${last}`,
    async () => {
      const [pods, leader] = await Promise.all([engine.operator.pods(), engine.operator.leader()]);
      const running = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      last = `${leader} of ${running.map(({ metadata }) => metadata.name).join(', ')}`;
      return running.some(({ metadata }) => leader?.startsWith(`${metadata.name}_`));
    },
  );
}

/** Everything that a restart, a rollout or a write would change. */
async function stateOf(engine: NodeEngine, name: string): Promise<object> {
  const [workspace, pods, deployment, processes] = await Promise.all([
    getWorkspace(engine, name),
    podsOf(engine, name),
    engine.client.get(kinds.deployments, { namespace: 'default', name }),
    engine.podProcesses(),
  ]);
  return {
    workspace: workspace.metadata.resourceVersion,
    deployment: deployment.metadata.resourceVersion,
    pods: pods.map(({ metadata, status }) => [
      metadata.uid,
      status?.containerStatuses?.map(({ restartCount }) => restartCount),
    ]),
    processes: processes.map(({ pid, startTime }) => `${pid} ${startTime}`).toSorted(),
  };
}

async function serviceUrl(engine: NodeEngine, name: string): Promise<string> {
  const { clusterIP, port } = await serviceOf(engine, 'default', name);
  return `http://${clusterIP}:${port}`;
}

async function serviceOf(
  { client }: NodeEngine,
  namespace: string,
  name: string,
): Promise<{ readonly clusterIP: string; readonly port: number }> {
  const { spec } = await client.get(kinds.services, { namespace, name });
  return { clusterIP: spec?.clusterIP ?? '', port: spec?.ports?.[0]?.port ?? 80 };
}

/** The resources that the operator wrote, one by one, without its Lease and its Events. */
async function writesOf({ cluster, username }: NodeEngine): Promise<readonly string[]> {
  const writing = new Set(['create', 'update', 'patch', 'delete']);
  return (await callsOf(cluster.auditLogPath, username))
    .filter(({ verb }) => writing.has(verb))
    .map(({ objectRef }) => objectRef?.resource ?? '')
    .filter((resource) => resource !== 'leases' && resource !== 'events');
}

/** Its requirements exclude each other. */
function contradiction(): Applied<StoredWorkspace> {
  const key = 'kubernetes.io/os';
  const matchExpressions = [{ key, operator: 'In', values: ['others'] }];
  const labelSelector = { matchLabels: { [key]: 'linux' }, matchExpressions };
  return aWorkspace({ name: 'bad', resource: { labelSelector } });
}
