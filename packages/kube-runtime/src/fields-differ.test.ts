import { describe, expect, it } from 'vitest';
import { fieldsDiffer, firstDifference } from './fields-differ.ts';
import type { KubeObject } from './object.ts';

/** A Deployment as the API server returns it: with its defaults inside lists. */
const live = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'phi',
    namespace: 'default',
    uid: '1',
    resourceVersion: '7',
    generation: 1,
    labels: { app: 'phi', other: 'theirs' },
    annotations: { 'deployment.kubernetes.io/revision': '1' },
    finalizers: ['theirs', 'ours'],
    ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: 'u1', controller: true }],
  },
  spec: {
    replicas: 1,
    progressDeadlineSeconds: 600,
    selector: { matchLabels: { app: 'phi' } },
    template: {
      metadata: { creationTimestamp: null, labels: { app: 'phi' } },
      spec: {
        restartPolicy: 'Always',
        dnsPolicy: 'ClusterFirst',
        schedulerName: 'default-scheduler',
        nodeSelector: { gpu: 'a100' },
        tolerations: [{ key: 'gpu', operator: 'Exists' }],
        volumes: [
          { name: 'work', emptyDir: {} },
          { name: 'config', configMap: { name: 'c', defaultMode: 420 } },
        ],
        containers: [
          {
            name: 'main',
            image: 'v1',
            args: ['--a', '1'],
            terminationMessagePath: '/dev/termination-log',
            env: [
              { name: 'A', value: '1' },
              { name: 'EMPTY' },
              { name: 'B', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'x' } } },
            ],
            ports: [
              { containerPort: 5000, protocol: 'TCP', name: 'http' },
              { containerPort: 5000, protocol: 'UDP' },
            ],
            resources: {
              requests: { cpu: '1', memory: '16Gi', 'nvidia.com/gpu': '1' },
              limits: { 'nvidia.com/gpu': '1' },
            },
          },
          { name: 'sidecar', image: 's' },
        ],
      },
    },
  },
  status: { replicas: 1 },
};

const container = (fields: object): object => ({
  spec: { template: { spec: { containers: [{ name: 'main', ...fields }] } } },
});
const podSpec = (fields: object): object => ({ spec: { template: { spec: fields } } });

function difference(desired: object): string | undefined {
  return firstDifference(live, { metadata: { name: 'phi' }, ...desired })?.path;
}

describe('the same', () => {
  it.each<[string, object]>([
    ['nothing wanted', {}],
    ['the object itself', live],
    ['other type and status', { apiVersion: 'apps/v1beta9', status: { replicas: 9 } }],
    ['labels of others beside ours', { metadata: { name: 'phi', labels: { app: 'phi' } } }],
    ['finalizers in another order, others among them', { metadata: { name: 'phi', finalizers: ['ours'] } }],
    [
      'an owner by its uid',
      { metadata: { name: 'phi', ownerReferences: [{ uid: 'u1', name: 'x', kind: 'X', apiVersion: 'v1' }] } },
    ],
    ['fields the API server filled in, also within lists', container({ image: 'v1' })],
    [
      'null, undefined, empty map and empty list where there is nothing',
      podSpec({ affinity: null, dnsConfig: undefined, hostAliases: [], securityContext: {} }),
    ],
    ['creationTimestamp null', { spec: { template: { metadata: { creationTimestamp: null } } } }],
    ['"" for a value that the API server drops', container({ env: [{ name: 'EMPTY', value: '' }] })],
    ['hostNetwork false', podSpec({ hostNetwork: false })],
    ['a quantity as number', container({ resources: { requests: { cpu: 1 } } })],
    [
      'a quantity in another form',
      container({ resources: { requests: { cpu: '1000m', memory: '16384Mi' } } }),
    ],
    ['ports by number and protocol', container({ ports: [{ containerPort: 5000, protocol: 'UDP' }] })],
    ['a port with the default protocol', container({ ports: [{ containerPort: 5000, name: 'http' }] })],
    ['a volume among others', podSpec({ volumes: [{ name: 'config', configMap: { name: 'c' } }] })],
  ])('%s', (_, desired) => {
    expect(difference(desired)).toBeUndefined();
  });
});

describe('different', () => {
  it.each<[string, object, string]>([
    ['image', container({ image: 'v2' }), 'spec.template.spec.containers[main].image'],
    ['args: an atomic list', container({ args: ['--a'] }), 'spec.template.spec.containers[main].args'],
    ['args: order', container({ args: ['1', '--a'] }), 'spec.template.spec.containers[main].args[0]'],
    [
      'an env value of another spelling is another text',
      container({ env: [{ name: 'A', value: '1.0' }] }),
      'spec.template.spec.containers[main].env[A].value',
    ],
    [
      'a new env',
      container({ env: [{ name: 'NEW', value: 'x' }] }),
      'spec.template.spec.containers[main].env[NEW]',
    ],
    [
      'env in another order',
      container({ env: [{ name: 'B' }, { name: 'A' }] }),
      'spec.template.spec.containers[main].env[A]',
    ],
    [
      'a quantity',
      container({ resources: { requests: { cpu: '1001m' } } }),
      'spec.template.spec.containers[main].resources.requests.cpu',
    ],
    [
      'a label that is no quantity',
      { metadata: { name: 'phi', labels: { app: 'phi', other: '1' } } },
      'metadata.labels.other',
    ],
    ['a toleration less', podSpec({ tolerations: [] }), 'spec.template.spec.tolerations'],
    [
      'a toleration with a field less',
      podSpec({ tolerations: [{ operator: 'Exists' }] }),
      'spec.template.spec.tolerations[0]',
    ],
    ['a node selector with a key less', podSpec({ nodeSelector: {} }), 'spec.template.spec.nodeSelector'],
    [
      'an emptyDir where there was a configMap',
      podSpec({ volumes: [{ name: 'config', emptyDir: {} }] }),
      'spec.template.spec.volumes[config].emptyDir',
    ],
    ['replicas 0', { spec: { replicas: 0 } }, 'spec.replicas'],
    [
      'false where it means something',
      podSpec({ automountServiceAccountToken: false }),
      'spec.template.spec.automountServiceAccountToken',
    ],
    ['a finalizer', { metadata: { name: 'phi', finalizers: ['new'] } }, 'metadata.finalizers'],
  ])('%s', (_, desired, path) => {
    expect(difference(desired)).toBe(path);
  });
});

it('takes the text in data, labels and annotations literally', () => {
  const config = { metadata: { name: 'c' }, data: { requests: 'x', cpu: '1', limits: '1' } };
  expect(fieldsDiffer(config, { metadata: { name: 'c' }, data: { cpu: '1000m' } } as KubeObject)).toBe(true);
  expect(fieldsDiffer(config, { metadata: { name: 'c' }, data: { cpu: '1' } } as KubeObject)).toBe(false);
});

it('reads a Secret written by stringData from its data', () => {
  const secret = { metadata: { name: 's' }, data: { token: Buffer.from('abc').toString('base64') } };
  expect(fieldsDiffer(secret, { metadata: { name: 's' }, stringData: { token: 'abc' } } as KubeObject)).toBe(
    false,
  );
  expect(fieldsDiffer(secret, { metadata: { name: 's' }, stringData: { token: 'abd' } } as KubeObject)).toBe(
    true,
  );
});
