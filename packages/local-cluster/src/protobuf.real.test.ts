import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Connection } from './behaviour/connection.ts';
import { ok } from './behaviour/context.ts';
import { findControlPlane, type ControlPlane } from './behaviour/control-plane.ts';
import { startFakeNode, type FakeNode } from './behaviour/fake-node.ts';
import type { Fields } from './json.ts';
import { decodeObject, protobufType } from './server/protobuf.ts';

const found = findControlPlane();
if (!found.isPossible) process.stderr.write(`left out: protobuf of a real API server: ${found.reason}\n`);

const name = 'decoded';
const labels = { app: name };
const selector = { matchLabels: labels };
const requirement = { matchExpressions: [{ key: 'a', operator: 'In', values: ['b', 'c'] }] };
const probe = { httpGet: { path: '/x', port: 'http', httpHeaders: [{ name: 'A', value: 'b' }] } };
const podSpec = {
  initContainers: [{ name: 'i', image: 'good:1', restartPolicy: 'Always', command: ['a', ''] }],
  containers: [
    {
      name: 'c',
      image: 'good:1',
      args: ['--x'],
      env: [
        { name: 'A' },
        { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'C', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        { name: 'D', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: false } } },
      ],
      envFrom: [{ prefix: 'P_', configMapRef: { name: 'c' } }],
      ports: [{ name: 'http', containerPort: 8080 }],
      resources: { limits: { cpu: 1, memory: '1.5Gi' } },
      livenessProbe: { ...probe, initialDelaySeconds: 3 },
      readinessProbe: { tcpSocket: { port: 8080 } },
      startupProbe: { exec: { command: ['true'] } },
      lifecycle: { preStop: { exec: { command: ['sleep', '1'] } } },
      securityContext: { runAsUser: 0, runAsNonRoot: false, capabilities: { drop: ['ALL'] } },
      volumeMounts: [{ name: 'e', mountPath: '/e', readOnly: true }],
    },
  ],
  volumes: [
    { name: 'e', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
    { name: 'c', configMap: { name: 'c', items: [{ key: 'k', path: 'p', mode: 0o400 }] } },
    { name: 's', secret: { secretName: 's', optional: true } },
    {
      name: 'p',
      projected: {
        sources: [{ downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] } }],
      },
    },
    { name: 'v', persistentVolumeClaim: { claimName: 'v' } },
  ],
  tolerations: [{ key: 't', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }],
  affinity: {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: requirement }],
    },
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'zone', labelSelector: selector, namespaces: ['x'] },
      ],
    },
  },
  securityContext: { fsGroup: 0, supplementalGroups: [1, 300], seccompProfile: { type: 'RuntimeDefault' } },
  imagePullSecrets: [{ name: 's' }],
  automountServiceAccountToken: false,
};
const template = { metadata: { labels, annotations: { empty: '' } }, spec: podSpec };
const jobTemplate = { ...template, spec: { ...podSpec, restartPolicy: 'Never' } };
const rollingUpdate = { maxSurge: 0, maxUnavailable: '50%' };
const target = { kind: 'Pod', namespace: 'default', name: 'x', uid: 'u' };

/** An object of each kind, with as many sorts of fields as the API server lets stand together. */
const objects: readonly (readonly [definition: string, path: string, body: Fields])[] = [
  ['core.v1.ConfigMap', '/api/v1', { data: { a: '' }, binaryData: { b: 'AP8=' }, immutable: false }],
  ['core.v1.Secret', '/api/v1', { stringData: { a: 'ä' }, immutable: true }],
  ['core.v1.Pod', '/api/v1', { spec: podSpec }],
  [
    'core.v1.Service',
    '/api/v1',
    {
      spec: {
        selector: labels,
        ports: [{ port: 80, targetPort: 'http', nodePort: 30_123 }],
        type: 'NodePort',
      },
    },
  ],
  [
    'core.v1.Event',
    '/api/v1',
    {
      involvedObject: { ...target, namespace: 'default' },
      ...{ reason: 'R', message: 'm', type: 'Normal', count: 2, action: 'a', reportingComponent: 'x' },
      ...{ eventTime: '2026-11-20T01:02:03.000450Z', reportingInstance: 'y' },
      ...{ firstTimestamp: '2026-11-20T01:02:03Z', lastTimestamp: '2026-11-20T01:02:03Z' },
    },
  ],
  [
    'apps.v1.Deployment',
    '/apis/apps/v1',
    { spec: { replicas: 0, selector, template, strategy: { type: 'RollingUpdate', rollingUpdate } } },
  ],
  ['apps.v1.ReplicaSet', '/apis/apps/v1', { spec: { replicas: 1, selector, template } }],
  ['apps.v1.StatefulSet', '/apis/apps/v1', { spec: { serviceName: 's', selector, template } }],
  ['batch.v1.Job', '/apis/batch/v1', { spec: { template: jobTemplate, suspend: false, backoffLimit: 0 } }],
  [
    'coordination.v1.Lease',
    '/apis/coordination.k8s.io/v1',
    { spec: { holderIdentity: '', leaseTransitions: 0, renewTime: '2026-11-20T01:02:03.000004Z' } },
  ],
  [
    'discovery.v1.EndpointSlice',
    '/apis/discovery.k8s.io/v1',
    {
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: false }, targetRef: target }],
      ports: [{ name: '', port: 80 }],
    },
  ],
];

describe.skipIf(!found.isPossible)('what a real API server writes as protobuf', () => {
  let plane: ControlPlane;
  let api: Connection;
  let node: FakeNode;

  const readings = async (path: string, definition: string): Promise<Record<'json' | 'decoded', Fields>> => {
    const json = ok(await api.get(path));
    const { bytes } = await api.get(path, { accept: protobufType });
    return { json, decoded: decodeObject(bytes, `io.k8s.api.${definition}`) };
  };

  beforeAll(async () => {
    plane = await found.start();
    api = new Connection(plane);
    node = await startFakeNode(api, { name: 'decoded-node', taints: [{ key: 'k', effect: 'NoSchedule' }] });
  });

  afterAll(async () => {
    await node?.stop();
    api?.close();
    await plane?.stop();
  });

  test.each(objects)('%s reads as its JSON says', async (definition, path, body) => {
    const collection = `${path}/namespaces/default/${definition.split('.')[2]?.toLowerCase()}s`;
    ok(await api.post(collection, { metadata: { name, labels, finalizers: ['x.test/y'] }, ...body }), 201);
    const { json, decoded } = await readings(`${collection}/${name}`, definition);
    expect(decoded).toEqual(json);
  });

  test('a Node and a Namespace do, too', async () => {
    const made = await readings('/api/v1/nodes/decoded-node', 'core.v1.Node');
    expect(made.decoded).toEqual(made.json);
    const namespace = await readings('/api/v1/namespaces/default', 'core.v1.Namespace');
    expect(namespace.decoded).toEqual(namespace.json);
  });
});
