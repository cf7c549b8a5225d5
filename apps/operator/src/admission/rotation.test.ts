import type {
  Clock,
  JsonPatchOperation,
  KubeClient,
  Secret,
  ValidatingWebhookConfiguration,
} from '@kaito-ts/kube-runtime';
import { IndexedStore, silentLogger, systemClock } from '@kaito-ts/kube-runtime';
import { describe, expect, test } from 'vitest';
import { readSecret, renderSecretData } from './certificate-secret.ts';
import { issueCertificate } from './issue-certificate.ts';
import { coversHosts, isTrusted, readCertificates } from './pem.ts';
import { createRotation } from './rotation.ts';
import { bundleOf } from './webhook-configuration.ts';

const policy = { lifetimeMilliseconds: 900_000, settleMilliseconds: 10_000, graceMilliseconds: 60_000 };

/** The two objects that a rotation works on, as an API server would keep them. */
function world(webhooks: readonly object[], data?: Secret['data']): World {
  let time = Date.now();
  let version = 1;
  const secrets = new IndexedStore<Secret>({});
  const configurations = new IndexedStore<ValidatingWebhookConfiguration>({});
  const putSecret = (content: Secret['data']): void => {
    const metadata = { name: 'certificate', namespace: 'kaito-system', resourceVersion: String(version++) };
    secrets.put({ metadata, ...(content !== undefined && { data: content }) });
  };
  const putConfiguration = (all: readonly object[]): void => {
    const metadata = { name: 'kaito-validation', resourceVersion: String(version++) };
    configurations.put({ metadata, webhooks: all } as unknown as ValidatingWebhookConfiguration);
  };
  putSecret(data);
  putConfiguration(webhooks);
  const secret = (): Secret => secrets.list()[0] as Secret;
  const configuration = (): ValidatingWebhookConfiguration =>
    configurations.list()[0] as ValidatingWebhookConfiguration;
  const client = {
    update: async (_kind: unknown, next: Secret) => putSecret(next.data),
    patch: async (
      _kind: unknown,
      _ref: unknown,
      { operations }: { operations: readonly JsonPatchOperation[] },
    ) => {
      const values = operations.filter(({ op }) => op === 'add').map(({ value }) => String(value));
      const all = configuration().webhooks ?? [];
      putConfiguration(
        all.map((webhook, index) =>
          Object.assign({}, webhook, { clientConfig: { ...webhook.clientConfig, caBundle: values[index] } }),
        ),
      );
    },
  } as unknown as KubeClient;
  const clock: Clock = { ...systemClock, now: () => time };
  const reconcile = createRotation({
    client,
    secrets: { store: secrets },
    configurations: { store: configurations },
    policy,
    clock,
    logger: silentLogger,
  });
  return {
    putSecret,
    putConfiguration,
    stored: () => readSecret(secret()),
    bundle: () => bundleOf(configuration()),
    round: async () => {
      await reconcile('certificate', { signal: new AbortController().signal });
    },
    pass: (milliseconds) => {
      time += milliseconds;
    },
  };
}

interface World {
  putSecret(data: Secret['data']): void;
  putConfiguration(webhooks: readonly object[]): void;
  stored(): ReturnType<typeof readSecret>;
  bundle(): string;
  round(): Promise<void>;
  pass(milliseconds: number): void;
}

const service = { clientConfig: { service: { name: 'kaito-svc', namespace: 'kaito-system' } } };
const address = { clientConfig: { url: 'https://127.0.0.1:9443/validate/workspace.kaito.sh' } };

function servedBy(cluster: World): string {
  return cluster.stored().current?.certificate ?? '';
}

describe('a rotation', () => {
  test('fills an empty Secret and every webhook of the configuration', async () => {
    const cluster = world([service, address]);
    await cluster.round();
    await cluster.round();
    expect(isTrusted(servedBy(cluster), cluster.bundle())).toBe(true);
    const [leaf] = readCertificates(servedBy(cluster));
    expect(leaf && coversHosts(leaf, ['kaito-svc.kaito-system.svc', '127.0.0.1'])).toBe(true);
  });

  test('goes through all its steps, and what is served is always trusted', async () => {
    const cluster = world([service]);
    await cluster.round();
    await cluster.round();
    const served = new Set<string>();
    const sizes = new Set<string>();
    for (let minutes = 0; minutes < 60; minutes++) {
      for (let step = 0; step < 6; step++) {
        await cluster.round();
        served.add(servedBy(cluster));
        sizes.add(`${readCertificates(cluster.bundle()).length} trusted`);
        expect(isTrusted(servedBy(cluster), cluster.bundle())).toBe(true);
        cluster.pass(10_000);
      }
    }
    expect(served.size).toBeGreaterThanOrEqual(5);
    expect([...sizes].toSorted()).toEqual(['1 trusted', '2 trusted']);
  });

  test('makes good what somebody spoilt', async () => {
    const cluster = world([service], { 'tls.crt': 'bm8=', 'tls.key': 'bm8=', 'ca.crt': 'bm8=' });
    await cluster.round();
    await cluster.round();
    const before = servedBy(cluster);
    cluster.putConfiguration([service]);
    await cluster.round();
    expect(isTrusted(before, cluster.bundle())).toBe(true);
    cluster.putSecret({});
    await cluster.round();
    await cluster.round();
    expect(servedBy(cluster)).not.toBe(before);
    expect(isTrusted(servedBy(cluster), cluster.bundle())).toBe(true);
  });

  test('follows a webhook that is called at another host', async () => {
    const now = Date.now();
    const current = await issueCertificate({ hosts: ['elsewhere.svc'], now, lifetimeMilliseconds: 900_000 });
    const cluster = world([service], renderSecretData({ current, next: undefined, previous: undefined }));
    for (let step = 0; step < 6; step++) {
      await cluster.round();
      cluster.pass(10_000);
    }
    const [leaf] = readCertificates(servedBy(cluster));
    expect(leaf && coversHosts(leaf, ['kaito-svc.kaito-system.svc'])).toBe(true);
  });
});
