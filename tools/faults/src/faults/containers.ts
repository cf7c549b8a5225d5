import { kinds } from '@kaito-ts/kube-runtime';
import type { Fault } from '../fault.ts';
import { images } from '../images.ts';
import { putModelRecord } from '../model-records.ts';
import { faultKinds } from '../objects.ts';
import { tagAsRoot } from '../registry.ts';
import type { Scene } from '../scene.ts';
import { aContainer, answering, aPod } from '../workspace-builder.ts';

const inference = { condition: 'InferenceReady' } as const;
const rootImage = 'kaito/pause:root';
const object = /^Pod\/model-/;
const goodTemplate = (scene: Scene): Promise<void> => scene.apply({ template: aPod(aContainer(answering)) });

/** What can become of a container, whoever wrote it. */
export const containerFaults: readonly Fault[] = [
  {
    name: 'weights image holds no data',
    engine: 'containers',
    inject: (scene) => scene.apply({ preset: 'faults-no-data' }),
    expect: {
      ...inference,
      reason: 'WeightsCopyFailed',
      object,
      message: /container weights \(image .*kaito-faults\/empty:1\).* holds no folder \/data/,
    },
    heal: ({ client }) => putModelRecord(client, 'faults-no-data', { kind: 'image', reference: images.base }),
  },
  {
    name: 'adapter image holds no data',
    engine: 'containers',
    inject: (scene) => scene.apply({ adapter: images.empty }),
    expect: {
      ...inference,
      reason: 'AdapterCopyFailed',
      object,
      message: /container adapter-adapter .*holds no folder \/data/,
    },
    heal: (scene) => scene.apply({ adapter: images.pirate }),
  },
  {
    name: 'init container fails',
    engine: 'containers',
    inject: (scene) =>
      scene.apply({
        template: aPod(aContainer(answering), {
          initContainers: [
            aContainer('echo no database >&2; exit 4', {
              name: 'prepare',
              readinessProbe: undefined,
              terminationMessagePolicy: 'FallbackToLogsOnError',
            }),
          ],
        }),
      }),
    expect: {
      ...inference,
      reason: 'InitContainerFailed',
      object,
      message: /container prepare .*code 4: no database/,
    },
    heal: goodTemplate,
  },
  {
    name: 'container out of memory',
    engine: 'containers',
    inject: (scene) =>
      scene.apply({
        template: aPod(
          aContainer('exec /bin/busybox tail /dev/zero', { resources: { limits: { memory: '32Mi' } } }),
        ),
      }),
    expect: { ...inference, reason: 'ContainerOOMKilled', object, message: /container main .*memory/ },
    heal: goodTemplate,
  },
  {
    name: 'liveness probe fails',
    engine: 'containers',
    inject: (scene) =>
      scene.apply({
        template: aPod(
          aContainer('trap "" TERM; while :; do /bin/busybox sleep 1; done', {
            livenessProbe: { tcpSocket: { port: 5000 }, periodSeconds: 1, failureThreshold: 2 },
          }),
        ),
      }),
    expect: {
      ...inference,
      reason: 'ContainerKilled',
      object,
      message: /container main .*signal 9.*liveness/,
    },
    heal: goodTemplate,
  },
  {
    name: 'container ends again and again',
    engine: 'containers',
    inject: (scene) => scene.apply({ template: aPod(aContainer('exit 3')) }),
    expect: {
      ...inference,
      reason: 'ContainerCrashLoopBackOff',
      object,
      message: /container main exited with code 3/,
    },
    heal: goodTemplate,
  },
  {
    name: 'command missing in the image',
    engine: 'containers',
    inject: (scene) => scene.apply({ template: aPod(aContainer('', { command: ['/bin/serve-model'] })) }),
    expect: {
      ...inference,
      reason: 'ContainerStartError',
      object,
      message: /container main .*\/bin\/serve-model/,
    },
    heal: goodTemplate,
  },
  {
    name: 'Secret of the template absent',
    engine: 'containers',
    inject: (scene) => {
      const env = [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'token', key: 'value' } } }];
      return scene.apply({ template: aPod(aContainer(answering, { env })) });
    },
    expect: {
      ...inference,
      reason: 'SecretNotFound',
      object,
      message: /container main .*secret "token" not found/,
    },
    heal: (scene) =>
      scene.put(kinds.secrets, {
        metadata: { name: 'token' },
        data: { value: Buffer.from('x').toString('base64') },
      }),
  },
  {
    name: 'image runs as root',
    engine: 'containers',
    inject: async (scene) => {
      await tagAsRoot(scene.ground.node.registry, images.busybox, rootImage);
      await scene.apply({ template: aPod(aContainer(answering, { image: rootImage })) });
    },
    expect: { ...inference, reason: 'ImageRunsAsRoot', object, message: /container main .*root/ },
    heal: goodTemplate,
  },
  {
    name: 'disk limit of the pod exceeded',
    engine: 'containers',
    inject: (scene) =>
      scene.apply({
        template: aPod(
          aContainer(
            '/bin/busybox dd if=/dev/zero of=/scratch/file bs=1M count=40; exec /bin/busybox sleep 3600',
            {
              volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
            },
          ),
          {
            volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '10Mi' } }],
            securityContext: { fsGroup: 65535 },
          },
        ),
      }),
    expect: { ...inference, reason: 'DiskLimitExceeded', object, message: /evicted from .*scratch.*10Mi/ },
    heal: goodTemplate,
  },
  {
    name: 'sandbox cannot be made',
    engine: 'containers',
    inject: async (scene) => {
      await scene.put(faultKinds.runtimeClasses, { metadata: { name: 'faults' }, handler: 'not-installed' });
      await scene.apply({ template: aPod(aContainer(answering), { runtimeClassName: 'faults' }) });
    },
    expect: { ...inference, reason: 'SandboxFailed', object, message: /Node\/real-node .*not-installed/ },
    heal: goodTemplate,
  },
];
