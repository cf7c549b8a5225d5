import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseYamlDocuments } from '@kaito-ts/api-types';
import { parseOptions } from '@kaito-ts/operator';
import { describe, expect, test } from 'vitest';
import { chartFolder, find, goldenFile, readManifests, valueSets } from './chart.ts';
import { rulesOf } from './rules.ts';

interface PodSpec {
  readonly containers: readonly {
    readonly args: readonly string[];
    readonly env: readonly { readonly name: string; readonly value?: string }[];
    readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
    readonly livenessProbe: { readonly httpGet: object };
    readonly readinessProbe: { readonly httpGet: object };
    readonly securityContext: object;
  }[];
  readonly securityContext: object;
}

interface Deployment {
  readonly spec: { readonly replicas: number; readonly template: { readonly spec: PodSpec } };
}

interface LabelledService {
  readonly metadata: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: { readonly ports: readonly { readonly name: string }[] };
}

interface ServiceMonitor {
  readonly metadata: { readonly namespace: string };
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly endpoints: readonly { readonly port: string }[];
  };
}

function read(file: string): string {
  return readFileSync(join(chartFolder, file), 'utf8');
}

describe.each(valueSets)('the chart with %s values', (name) => {
  const objects = readManifests(readFileSync(goldenFile(name), 'utf8'));
  const pod = (find(objects, 'Deployment') as unknown as Deployment).spec.template.spec;
  const [container] = pod.containers;

  test('grants nothing by a wildcard, and writes to single names only where it can', () => {
    const rules = rulesOf(objects);
    expect(rules.length).toBeGreaterThan(0);
    expect(rules.flatMap((rule) => [...rule.apiGroups, ...rule.resources, ...rule.verbs])).not.toContain('*');
    const unnamed = rules.filter(({ resourceNames }) => resourceNames === undefined);
    expect(unnamed.flatMap(({ resources }) => resources)).not.toContain('secrets');
    expect(unnamed.flatMap(({ resources }) => resources)).not.toContain('validatingwebhookconfigurations');
  });

  test('passes flags that the operator takes', () => {
    const env = Object.fromEntries(
      (container?.env ?? []).map(({ name: key, value }) => [key, value ?? 'from-pod']),
    );
    const options = parseOptions(container?.args ?? [], env, '0.1.0');
    expect(options).toMatchObject({ leaderElect: true, namespace: 'from-pod', notices: [] });
    const ports = new Map(container?.ports.map((port) => [port.name, port.containerPort]));
    expect(ports.get('http-metrics')).toBe(options.metricsAddress.port);
    expect(ports.get('http-health')).toBe(options.healthAddress.port);
    expect(ports.get('https-webhook')).toBe(options.webhook?.address.port);
  });

  test('runs where Pod Security is restricted', () => {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container?.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('is asked how it is', () => {
    expect(container?.livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'http-health' });
    expect(container?.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'http-health' });
  });
});

describe('the chart', () => {
  const objects = readManifests(readFileSync(goldenFile('default'), 'utf8'));

  test('keeps a webhook that is away from holding up anybody', () => {
    const { webhooks } = find(objects, 'ValidatingWebhookConfiguration') as unknown as {
      readonly webhooks: readonly object[];
    };
    expect(webhooks).toMatchObject([{ failurePolicy: 'Ignore', sideEffects: 'None', timeoutSeconds: 2 }]);
  });

  test('makes an empty Secret, which an upgrade leaves as the operator filled it', () => {
    expect(Object.keys(find(objects, 'Secret')).toSorted()).toEqual([
      'apiVersion',
      'kind',
      'metadata',
      'type',
    ]);
  });

  test('has its metrics found by its own ServiceMonitor, under whatever labels', () => {
    const everything = readManifests(readFileSync(goldenFile('everything'), 'utf8'));
    const service = find(everything, 'Service') as unknown as LabelledService;
    const monitor = find(everything, 'ServiceMonitor') as unknown as ServiceMonitor;
    expect(service.metadata.labels).toMatchObject(monitor.spec.selector.matchLabels);
    expect(service.metadata.namespace).toBe(monitor.metadata.namespace);
    const ports = new Set(service.spec.ports.map(({ name }) => name));
    expect(monitor.spec.endpoints.filter(({ port }) => !ports.has(port))).toEqual([]);
  });

  test('leaves certificate and authority to cert-manager, and keeps no right to write either', () => {
    const everything = readManifests(readFileSync(goldenFile('everything'), 'utf8'));
    const certificate = find(everything, 'Certificate');
    const issuer = find(everything, 'Issuer');
    const service = find(everything, 'Service').metadata;
    expect(certificate['spec']).toEqual({
      secretName: 'kaito-webhook',
      dnsNames: [`${service.name}.${service.namespace}.svc`],
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      usages: ['digital signature', 'server auth'],
      issuerRef: { kind: 'Issuer', name: issuer.metadata.name },
    });
    expect(issuer['spec']).toEqual({ selfSigned: {} });
    expect(find(everything, 'ValidatingWebhookConfiguration').metadata).toMatchObject({
      annotations: {
        'cert-manager.io/inject-ca-from': `${certificate.metadata.namespace}/${certificate.metadata.name}`,
      },
    });
    expect(everything.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    const deployment = find(everything, 'Deployment') as unknown as Deployment;
    const flags = deployment.spec.template.spec.containers[0]?.args;
    expect(flags).toContain('--webhook-secret=kaito-webhook');
    expect(flags).toContain('--webhook-certificates=external');
    const rules = rulesOf(everything).filter(({ resources }) => /secrets|webhook/.test(resources.join()));
    expect(rules.map(({ verbs }) => verbs)).toEqual([
      ['list', 'watch'],
      ['list', 'watch'],
    ]);
  });

  test('serves one namespace without a right to Workspaces elsewhere', () => {
    const scoped = readManifests(readFileSync(goldenFile('one-namespace'), 'utf8'));
    const rules = rulesOf([find(scoped, 'ClusterRole')]);
    expect(rules.map(({ resources, verbs }) => [resources, verbs])).toEqual([[['nodes'], ['list', 'watch']]]);
    expect(find(scoped, 'Role', 'kaito-operator-workspaces').metadata.namespace).toBe('models');
  });

  test('is of the version of the operator', () => {
    const { version } = JSON.parse(read('../package.json')) as { version: string };
    const chart = parseYamlDocuments(read('Chart.yaml'))[0]?.value;
    expect(chart).toMatchObject({ version, appVersion: version });
  });

  test('has a place in the schema for each of its values', () => {
    const schema = JSON.parse(read('values.schema.json')) as { properties: Record<string, unknown> };
    const values = parseYamlDocuments(read('values.yaml'))[0]?.value as Record<string, unknown>;
    expect(Object.keys(values).filter((key) => !(key in schema.properties))).toEqual([]);
  });
});
