import { dirname } from 'node:path';
import { blocksOf, release as place, repository } from '@kaito-ts/chart';
import { workspaces } from '@kaito-ts/cli';
import { ignoreNotFound, isInvalid, kinds, type Applied } from '@kaito-ts/kube-runtime';
import type { StoredWorkspace } from '@kaito-ts/cli';
import { execute, freePorts, kubectlPath } from '@kaito-ts/real-cluster';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepAsking } from './keep-asking.ts';
import type { NodeEngine } from './node.ts';
import { expectRevisionsCounted, promisedMetrics, revisionsCounted } from './operator-metrics.ts';
import {
  certificateOf,
  deploymentOf,
  objectsOfRelease,
  settledState,
  stateOf,
  writesOf,
} from './release-state.ts';
import { patienceSeconds, until } from './until.ts';
import { apply, ask, deleteWorkspace, expectReady } from './verbs.ts';
import { aWorkspace, sentences } from './workspace-builder.ts';

/** As in the guides, whose commands for a node are run here. */
const model = 'phi';

/** What an administrator does to the release; of all of it a running model may notice nothing. */
export function describeLifecycle(name: string, start: () => Promise<NodeEngine>): void {
  describe(`${name}: the release`, () => {
    let engine: NodeEngine;
    beforeAll(async () => {
      engine = await start();
      await apply(engine, aWorkspace({ name: model }));
      await expectReady(engine, model);
    }, 1_200_000);
    afterAll(async () => {
      if (engine !== undefined) await deleteWorkspace(engine, model);
    }, 300_000);

    /** While the administrator does that, the model answers every request and nothing of it is touched. */
    async function unnoticed(what: () => Promise<void>): Promise<void> {
      const before = await settledState(engine, model);
      const asking = keepAsking(await serviceUrl(engine, model), sentences.base);
      try {
        await what();
        await asking.answers(3);
      } finally {
        await asking.stop();
      }
      expect(asking.failures()).toEqual([]);
      expect(await stateOf(engine, model)).toEqual(before);
    }

    test('its webhook is asked through its Service', async () => {
      let last: unknown = 'it is accepted';
      const refusal = await until(
        patienceSeconds,
        () => `a Workspace that can match no node is refused; last seen: ${String(last)}`,
        () =>
          engine.client.create(workspaces, contradiction(), { dryRun: true }).then(
            () => undefined,
            (error: unknown) => {
              last = error;
              return isInvalid(error) ? error : undefined;
            },
          ),
      );
      expect(refusal.message).toContain('resource.labelSelector: matches no node');
    }, 300_000);

    test('its Service serves metrics of every kind', async () => {
      const { clusterIP } = await serviceOf(engine, place.namespace, `${place.name}-svc`);
      const text = await (await fetch(`http://${clusterIP}:8080/metrics`)).text();
      const families = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(
        ([, family, type]) => `${family} ${type}`,
      );
      expect(families).toEqual(expect.arrayContaining([...promisedMetrics]));
      await expectRevisionsCounted(engine, `${model}'s revision is counted`, (count) => count > 0);
    }, 300_000);

    test('another replica leads within seconds when the leader is deleted, and works', async () => {
      await unnoticed(async () => {
        const before = await leadsAgain(engine);
        const pod = before.slice(0, before.lastIndexOf('_'));
        const begun = performance.now();
        await engine.client.delete(kinds.pods, { namespace: place.namespace, name: pod });
        await until(patienceSeconds, `another one leads than ${before}`, async () => {
          const now = await engine.operator.leader();
          return now !== undefined && now !== before;
        });
        const seconds = ((performance.now() - begun) / 1000).toFixed(1);
        process.stdout.write(`another replica leads ${seconds} s after the leader's pod was deleted\n`);
      });
      await apply(engine, aWorkspace({ name: 'later' }));
      await until(patienceSeconds, 'the new leader makes a workload', () => deploymentOf(engine, 'later'));
      await deleteWorkspace(engine, 'later');
    }, 900_000);

    test.each(blocksOf('install.md').filter(({ kind }) => kind === 'sh on-a-node'))(
      'install.md, $heading: $script',
      async ({ script }) => {
        const path = [dirname(await kubectlPath()), process.env['PATH']].join(':');
        const env = { ...process.env, PATH: path, KUBECONFIG: engine.kubeconfigPath };
        const here = { cwd: repository, env: { ...env, REGISTRY: engine.node.registry } };
        // A reader's machine has nothing at this port; here, another system's Workspace may answer at it.
        const [port] = await freePorts(1);
        const ownPort = script.replaceAll(/\b8080\b/g, String(port));
        // What a script that fails leaves in the background would keep us waiting.
        const whole = `trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n${ownPort}`;
        const said = await execute('bash', ['-euo', 'pipefail', '-c', whole], here);
        expect(said).toContain(script.includes('curl') ? sentences.base : 'kaito-ts/launcher');
      },
      600_000,
    );

    test('an upgrade leaves the model and the certificate alone', async () => {
      const before = await certificateOf(engine);
      await unnoticed(async () => {
        await engine.operator.release.upgrade('logging.level=debug');
        await leadsAgain(engine);
      });
      expect(await certificateOf(engine)).toEqual(before);
      expect(await revisionsCounted(engine), 'revisions counted by operators that found them ready').toBe(0);
    }, 900_000);

    test('an uninstall takes everything but CRDs, Workspaces and models', async () => {
      expect(await engine.refusals()).toEqual([]);
      await unnoticed(async () => {
        await engine.operator.release.uninstall();
        await until(
          patienceSeconds,
          'the operator is gone',
          async () => (await engine.operator.pods()).length === 0,
        );
      });
      let left = '';
      await until(
        patienceSeconds,
        () => `nothing of the release is left but ${left}`,
        async () => {
          left = await objectsOfRelease(engine);
          return left === '';
        },
      );
      const crd = { name: 'workspaces.kaito.sh' };
      expect(await ignoreNotFound(engine.client.get(kinds.customResourceDefinitions, crd))).toBeDefined();
    }, 900_000);

    test('an installation after that takes over, and writes only its own certificate', async () => {
      const before = (await writesOf(engine)).length;
      // Helm takes the rights along with the pods: what these asked for before they ended, they were refused.
      const goodbyes = (await engine.refusals()).length;
      await unnoticed(async () => {
        await engine.operator.release.install('defaultRuntime=llamacpp');
        await leadsAgain(engine);
      });
      const since = (await writesOf(engine)).slice(before);
      const certificate = new Set(['secrets', 'validatingwebhookconfigurations']);
      expect(since.filter((resource) => !certificate.has(resource))).toEqual([]);
      await apply(engine, aWorkspace({ name: model, adapters: [['own-pirate', '1.0']] }));
      await expectReady(engine, model);
      expect(await ask(engine, model)).toBe(sentences.pirate);
      await expectRevisionsCounted(engine, 'the new revision is counted once', (count) => count === 1);
      expect((await engine.refusals()).slice(goodbyes)).toEqual([]);
    }, 900_000);
  });
}

/** A leader among the pods there are: the one before may say goodbye still. Resolves with its name in the Lease. */
async function leadsAgain(engine: NodeEngine): Promise<string> {
  let last = '';
  return until(
    patienceSeconds,
    () => `one of the operator's pods leads: ${last}`,
    async () => {
      const [pods, leader] = await Promise.all([engine.operator.pods(), engine.operator.leader()]);
      const running = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      last = `${leader} of ${running.map(({ metadata }) => metadata.name).join(', ')}`;
      return running.some(({ metadata }) => leader?.startsWith(`${metadata.name}_`)) && leader;
    },
  );
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

/** Its requirements exclude each other. */
function contradiction(): Applied<StoredWorkspace> {
  const key = 'kubernetes.io/os';
  const matchExpressions = [{ key, operator: 'In', values: ['others'] }];
  const labelSelector = { matchLabels: { [key]: 'linux' }, matchExpressions };
  return aWorkspace({ name: 'bad', resource: { labelSelector } });
}
