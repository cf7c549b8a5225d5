import { describe, expect, test } from 'vitest';
import type { PodWarning } from './observation.ts';
import { pod } from './builders.test.data.ts';
import { firstPodCause } from './pod-causes.ts';

interface Case {
  readonly status: object;
  readonly warnings?: readonly PodWarning[];
  readonly reason: string;
  readonly object?: string;
  readonly cause: RegExp;
}

function container(name: string, state: object, lastState: object = {}): object {
  return { name, image: `registry.example.com/${name}:1`, ready: false, state, lastState };
}

function pulling(reason: string, message: string): object {
  return { initContainerStatuses: [container('adapter-pirate', { waiting: { reason, message } })] };
}

function unschedulable(message: string): object {
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
  return { conditions: [condition] };
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
  'the startup probe gave up, and the launcher ended in order': {
    status: {
      containerStatuses: [
        container(
          'phi',
          { running: {} },
          {
            terminated: {
              exitCode: 0,
              message: JSON.stringify({ class: 'StartTimeout', message: 'was told to end', hint: 'h' }),
            },
          },
        ),
      ],
    },
    reason: 'StartTimeout',
    cause: /was told to end/,
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
    status: pulling('ErrImagePull', 'rpc error: code = NotFound desc = docker.io/x: not found'),
    reason: 'ImageNotFound',
    cause:
      /^image registry\.example\.com\/adapter-pirate:1 of container adapter-pirate cannot be pulled: rpc error: .*: not found$/,
  },
  'image missing, in back-off that quotes the error': {
    status: pulling('ImagePullBackOff', 'Back-off pulling image "x": ErrImagePull: manifest unknown'),
    reason: 'ImageNotFound',
    cause: /cannot be pulled: manifest unknown$/,
  },
  'image refused': {
    status: pulling('ErrImagePull', 'failed with status code [manifests 1]: 401 Unauthorized'),
    reason: 'ImagePullDenied',
    cause: /401 Unauthorized$/,
  },
  'image refused by a registry that hides what exists': {
    status: pulling(
      'ErrImagePull',
      'pull access denied, repository does not exist or may require authorization',
    ),
    reason: 'ImagePullDenied',
    cause: /pull access denied/,
  },
  'image refused because its Secret is absent': {
    status: pulling('ErrImagePull', 'failed with status code [manifests 1]: 401 Unauthorized'),
    warnings: [
      {
        reason: 'FailedToRetrieveImagePullSecret',
        message:
          'Unable to retrieve some image pull secrets (pull); attempting to pull the image may not succeed.',
      },
    ],
    reason: 'PullSecretNotFound',
    cause:
      /^Secret pull, which container adapter-pirate needs to pull its image, does not exist: image .*401/,
  },
  'registry away': {
    status: pulling('ErrImagePull', 'dial tcp 10.0.0.1:5000: connect: connection refused'),
    reason: 'RegistryUnreachable',
    cause: /connection refused$/,
  },
  'image name invalid': {
    status: pulling(
      'InvalidImageName',
      'Failed to apply default image tag "A:b:c": invalid reference format',
    ),
    reason: 'ImageNameInvalid',
    cause: /invalid reference format$/,
  },
  'image that nobody can explain': {
    status: pulling('ImagePullBackOff', 'Back-off pulling image "x"'),
    reason: 'ImagePullError',
    cause: /cannot be pulled$/,
  },
  'container cannot start': {
    status: {
      containerStatuses: [
        container('phi', {
          waiting: { reason: 'CreateContainerConfigError', message: 'secret "hf" not found' },
        }),
      ],
    },
    reason: 'SecretNotFound',
    cause: /secret "hf" not found/,
  },
  'command missing in the image': {
    status: {
      containerStatuses: [
        container(
          'phi',
          { waiting: { reason: 'CrashLoopBackOff' } },
          { terminated: { exitCode: 128, reason: 'StartError', message: 'exec: "/bin/x": no such file' } },
        ),
      ],
    },
    reason: 'ContainerStartError',
    cause: /^container phi cannot start: exec: "\/bin\/x"/,
  },
  'an image that would run as root': {
    status: {
      containerStatuses: [
        container('phi', {
          waiting: {
            reason: 'CreateContainerConfigError',
            message: 'container has runAsNonRoot and image will run as root',
          },
        }),
      ],
    },
    reason: 'ImageRunsAsRoot',
    cause: /run as root/,
  },
  'an init container of the template fails': {
    status: { initContainerStatuses: [container('prepare', { terminated: { exitCode: 4 } })] },
    reason: 'InitContainerFailed',
    cause: /init container prepare .* exited with code 4$/,
  },
  'killed from outside': {
    status: { containerStatuses: [container('phi', { running: {} }, { terminated: { exitCode: 137 } })] },
    reason: 'ContainerKilled',
    cause: /container phi was killed from outside by signal 9/,
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
  'its own disk limit': {
    status: {
      phase: 'Failed',
      reason: 'Evicted',
      message: 'Usage of EmptyDir volume "scratch" exceeds the limit "10Mi".',
      containerStatuses: [container('phi', { terminated: { exitCode: 137 } })],
    },
    reason: 'DiskLimitExceeded',
    cause: /exceeds the limit "10Mi"/,
  },
  'claim absent': {
    status: unschedulable('0/1 nodes are available: persistentvolumeclaim "weights" not found.'),
    reason: 'VolumeClaimNotFound',
    object: 'PersistentVolumeClaim/weights',
    cause: /does not exist/,
  },
  'claim without a volume': {
    status: unschedulable('0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.'),
    reason: 'VolumeClaimPending',
    cause: /has no volume yet/,
  },
  'a mount that fails': {
    status: { containerStatuses: [container('phi', { waiting: { reason: 'ContainerCreating' } })] },
    warnings: [{ reason: 'FailedMount', message: 'hostPath type check failed: /x is not a directory' }],
    reason: 'VolumeMountFailed',
    cause: /on Node\/gpu-1: hostPath type check failed/,
  },
  'a sandbox that fails': {
    status: { containerStatuses: [container('phi', { waiting: { reason: 'ContainerCreating' } })] },
    warnings: [{ reason: 'FailedCreatePodSandBox', message: 'no IP addresses available' }],
    reason: 'SandboxFailed',
    cause: /no IP addresses available/,
  },
  'no room': {
    status: unschedulable('0/4 nodes: 4 Insufficient nvidia.com/gpu.'),
    reason: 'Unschedulable',
    cause: /Insufficient nvidia\.com\/gpu/,
  },
};

describe('why a pod does not serve', () => {
  test.each(Object.entries(cases))('%s', (_name, { status, reason, cause, ...more }) => {
    const { object = 'Pod/phi-a', warnings = [] } = more;
    const found = firstPodCause([pod('phi-a', { node: 'gpu-1', status })], () => warnings);
    expect(found).toMatchObject({ reason, object });
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
