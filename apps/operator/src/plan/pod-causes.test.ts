import { describe, expect, test } from 'vitest';
import { pod } from './builders.test.data.ts';
import { firstPodCause } from './pod-causes.ts';

interface Case {
  readonly status: object;
  readonly reason: string;
  readonly cause: RegExp;
}

function container(name: string, state: object, lastState: object = {}): object {
  return { name, image: `registry.example.com/${name}:1`, ready: false, state, lastState };
}

const launcherMessage = JSON.stringify({
  class: 'AdapterInvalid',
  message:
    '/mnt/adapter/pirate/adapter_model.safetensors: tensor lora_A has shape [8, 64], the base needs [8, 128]',
  hint: 'train the adapter on this base model',
  exitCode: 1,
  lastLines: [],
});

const cases: Readonly<Record<string, Case>> = {
  'the launcher says why, in its own class': {
    status: {
      containerStatuses: [container('phi', { terminated: { exitCode: 1, message: launcherMessage } })],
    },
    reason: 'AdapterInvalid',
    cause: /tensor lora_A has shape/,
  },
  'the class stays while the kubelet backs off': {
    status: {
      containerStatuses: [
        container(
          'phi',
          { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 20s restarting failed container' } },
          { terminated: { exitCode: 1, message: launcherMessage } },
        ),
      ],
    },
    reason: 'AdapterInvalid',
    cause: /tensor lora_A has shape/,
  },
  'and while the next try is running': {
    status: {
      containerStatuses: [
        container('phi', { running: {} }, { terminated: { exitCode: 1, message: launcherMessage } }),
      ],
    },
    reason: 'AdapterInvalid',
    cause: /tensor lora_A has shape/,
  },
  'out of memory': {
    status: {
      containerStatuses: [
        container('phi', { running: {} }, { terminated: { exitCode: 137, reason: 'OOMKilled' } }),
      ],
    },
    reason: 'ContainerOOMKilled',
    cause: /container phi was killed/,
  },
  'image missing': {
    status: {
      initContainerStatuses: [
        container('adapter-pirate', { waiting: { reason: 'ErrImagePull', message: 'manifest unknown' } }),
      ],
    },
    reason: 'ImagePullError',
    cause:
      /^image registry\.example\.com\/adapter-pirate:1 of container adapter-pirate cannot be pulled: manifest unknown$/,
  },
  'image missing, in back-off that quotes the error': {
    status: {
      initContainerStatuses: [
        container('adapter-pirate', {
          waiting: {
            reason: 'ImagePullBackOff',
            message: 'Back-off pulling image "x": ErrImagePull: manifest unknown',
          },
        }),
      ],
    },
    reason: 'ImagePullError',
    cause: /cannot be pulled: manifest unknown$/,
  },
  'container cannot start': {
    status: {
      containerStatuses: [
        container('phi', {
          waiting: { reason: 'CreateContainerConfigError', message: 'secret "hf" not found' },
        }),
      ],
    },
    reason: 'ContainerStartError',
    cause: /secret "hf" not found/,
  },
  'weights copy fails': {
    status: {
      initContainerStatuses: [
        container('weights', { terminated: { exitCode: 2, message: 'copying\nno space left on device' } }),
      ],
    },
    reason: 'WeightsCopyFailed',
    cause: /init container weights .* exited with code 2: no space left on device$/,
  },
  'adapter copy fails': {
    status: {
      initContainerStatuses: [
        { ...container('launcher', { terminated: { exitCode: 0 } }), ready: true },
        container('adapter-x', { waiting: { reason: 'CrashLoopBackOff' } }, { terminated: { exitCode: 1 } }),
      ],
    },
    reason: 'AdapterCopyFailed',
    cause: /init container adapter-x .* exited with code 1$/,
  },
  'crash without a word': {
    status: { containerStatuses: [container('phi', { terminated: { exitCode: 139, signal: 11 } })] },
    reason: 'ContainerCrashLoopBackOff',
    cause: /container phi was killed by signal 11/,
  },
  'evicted for disk': {
    status: {
      phase: 'Failed',
      reason: 'Evicted',
      message: 'The node was low on resource: ephemeral-storage.',
    },
    reason: 'NodeDiskPressure',
    cause: /evicted from gpu-1: The node was low/,
  },
  'no room': {
    status: {
      conditions: [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'Unschedulable',
          message: '0/4 nodes: 4 Insufficient nvidia.com/gpu.',
        },
      ],
    },
    reason: 'Unschedulable',
    cause: /Insufficient nvidia\.com\/gpu/,
  },
};

describe('why a pod does not serve', () => {
  test.each(Object.entries(cases))('%s', (_name, { status, reason, cause }) => {
    const found = firstPodCause([pod('phi-a', { node: 'gpu-1', status })]);
    expect(found).toMatchObject({ reason, object: 'Pod/phi-a' });
    expect(found?.cause).toMatch(cause);
    expect(found?.nextStep).not.toBe('');
  });

  test('a pod on its way has no cause', () => {
    const starting = { containerStatuses: [container('phi', { waiting: { reason: 'ContainerCreating' } })] };
    const restarted = {
      containerStatuses: [container('phi', { running: {} }, { terminated: { exitCode: 0 } })],
    };
    expect(firstPodCause([pod('a', { status: starting }), pod('b', { status: restarted })])).toBeUndefined();
  });

  test('the most telling cause wins whichever pod has it', () => {
    const waiting = pod('a', { status: cases['no room']?.status ?? {} });
    const broken = pod('b', { status: cases['the launcher says why, in its own class']?.status ?? {} });
    expect(firstPodCause([waiting, broken])?.object).toBe('Pod/b');
  });
});
