import type { Pod } from '@kaito-ts/kube-runtime';
import type { Cause } from './cause.ts';
import { conditionReasons } from '@kaito-ts/api-types';
import { z } from 'zod';

type PodStatus = NonNullable<Pod['status']>;
type ContainerStatus = NonNullable<PodStatus['containerStatuses']>[number];
type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

/** What the launcher leaves behind when it gives up. */
const launcherFailure = z.object({
  class: z.string().regex(/^[A-Z][A-Za-z0-9]*$/),
  message: z.string(),
  hint: z.string().default(''),
});

const imageReasons = new Set([
  'ImagePullBackOff',
  'ErrImagePull',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
]);
const startReasons = new Set([
  'CreateContainerConfigError',
  'PreCreateHookError',
  'CreateContainerError',
  'PreStartHookError',
  'RunContainerError',
  'PostStartHookError',
]);

const longestMessage = 900;

type Finding = Pick<Cause, 'reason' | 'cause' | 'nextStep' | 'severity'>;
type PodDetector = (pod: Pod) => Finding | undefined;
type ContainerDetector = (status: ContainerStatus, pod: Pod) => Finding | undefined;

/** Causes from the most telling to the least; each is looked for in every pod before the next is. */
const detectors: readonly PodDetector[] = [
  inContainers(launcherGaveUp),
  inContainers(outOfMemory),
  inContainers(imageNotPulled),
  inContainers(notStarted),
  inContainers(copyFailed),
  inContainers(crashed),
  evicted,
  unschedulable,
];

/** The first reason why these pods do not serve, or undefined when they are merely on their way. */
export function firstPodCause(pods: readonly Pod[]): Cause | undefined {
  for (const detector of detectors) {
    for (const pod of pods) {
      const finding = detector(pod);
      if (finding !== undefined)
        return { ...finding, cause: shorten(finding.cause), object: `Pod/${pod.metadata.name}` };
    }
  }
  return undefined;
}

function inContainers(detector: ContainerDetector): PodDetector {
  return (pod) => {
    const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
    for (const status of statuses) {
      if (status.ready || status.state?.terminated?.exitCode === 0) continue;
      const finding = detector(status, pod);
      if (finding !== undefined) return finding;
    }
    return undefined;
  };
}

function launcherGaveUp(status: ContainerStatus): Finding | undefined {
  const parsed = launcherFailure.safeParse(jsonOf(lastEnd(status)?.message));
  if (!parsed.success) return undefined;
  const { class: reason, message, hint } = parsed.data;
  return { reason, cause: message, nextStep: hint === '' ? seeLogs(status) : hint, severity: 'failed' };
}

function outOfMemory(status: ContainerStatus): Finding | undefined {
  if (lastEnd(status)?.reason !== 'OOMKilled') return undefined;
  return {
    reason: conditionReasons.ContainerOutOfMemory,
    cause: `container ${status.name} was killed because the node or its memory limit ran out of memory`,
    nextStep: 'use a node with more memory, a smaller model or a shorter max-model-len',
    severity: 'failed',
  };
}

function imageNotPulled(status: ContainerStatus): Finding | undefined {
  const waiting = status.state?.waiting;
  if (waiting?.reason === undefined || !imageReasons.has(waiting.reason)) return undefined;
  return {
    reason: conditionReasons.ImagePullError,
    cause: `image ${status.image} of container ${status.name} cannot be pulled${detailOfPull(waiting.message)}`,
    nextStep: 'check the reference, the registry and the imagePullSecrets',
    severity: 'failed',
  };
}

/** The kubelet alternates between the error and a back-off that may quote it; the same words for both keep the status still. */
function detailOfPull(message: string | undefined): string {
  const quoted = message?.includes('ErrImagePull: ')
    ? message.slice(message.indexOf('ErrImagePull: ') + 14)
    : message;
  if (quoted === undefined || quoted === '' || quoted.startsWith('Back-off pulling image')) return '';
  return `: ${quoted}`;
}

function notStarted(status: ContainerStatus): Finding | undefined {
  const waiting = status.state?.waiting;
  if (waiting?.reason === undefined || !startReasons.has(waiting.reason)) return undefined;
  return {
    reason: conditionReasons.ContainerStartError,
    cause: `container ${status.name} cannot start: ${waiting.message ?? waiting.reason}`,
    nextStep: 'mend what the message names; the node tries again by itself',
    severity: 'failed',
  };
}

/** One init container of ours, one reason: the reader sees at once which copy did not happen. */
function copyFailed(status: ContainerStatus, pod: Pod): Finding | undefined {
  const ours = (pod.status?.initContainerStatuses ?? []).includes(status);
  const end = lastEnd(status);
  if (!ours || end === undefined) return undefined;
  const reason = status.name.startsWith('adapter-')
    ? 'AdapterCopyFailed'
    : ({ launcher: 'LauncherInjectionFailed', weights: 'WeightsCopyFailed' }[status.name] ??
      'InitContainerFailed');
  return {
    reason,
    cause: `init container ${status.name} (image ${status.image}) ${endOf(end)}`,
    nextStep: seeLogs(status),
    severity: 'failed',
  };
}

function crashed(status: ContainerStatus): Finding | undefined {
  const end = lastEnd(status);
  if (end === undefined && status.state?.waiting?.reason !== 'CrashLoopBackOff') return undefined;
  return {
    reason: conditionReasons.ContainerCrashLoop,
    cause: `container ${status.name} ${end === undefined ? 'keeps ending' : endOf(end)}`,
    nextStep: seeLogs(status),
    severity: 'failed',
  };
}

function evicted(pod: Pod): Finding | undefined {
  const { phase, reason, message = '' } = pod.status ?? {};
  if (phase !== 'Failed' || reason !== 'Evicted') return undefined;
  const pressures = [
    { pattern: /ephemeral-storage|disk/i, reason: conditionReasons.NodeDiskPressure },
    { pattern: /memory/i, reason: conditionReasons.NodeMemoryPressure },
  ];
  return {
    reason: pressures.find(({ pattern }) => pattern.test(message))?.reason ?? conditionReasons.PodEvicted,
    cause: `evicted from ${pod.spec?.nodeName ?? 'its node'}: ${message}`,
    nextStep: 'free the resource on the node or use a larger one',
    severity: 'failed',
  };
}

function unschedulable(pod: Pod): Finding | undefined {
  const condition = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (condition?.status !== 'False' || condition.reason !== 'Unschedulable') return undefined;
  return {
    reason: conditionReasons.WorkloadUnschedulable,
    cause: `no node can take it: ${condition.message ?? 'the scheduler gave no reason'}`,
    nextStep: 'free or add a node that matches resource.labelSelector and has the GPUs or memory asked for',
    severity: 'pending',
  };
}

/** How the container ended last, if that was a failure. */
function lastEnd(status: ContainerStatus): Terminated | undefined {
  const end = status.state?.terminated ?? status.lastState?.terminated;
  return end === undefined || end.exitCode === 0 ? undefined : end;
}

function endOf({ exitCode, signal, message }: Terminated): string {
  const how =
    signal === undefined || signal === 0 ? `exited with code ${exitCode}` : `was killed by signal ${signal}`;
  const lastLine = message?.trim().split('\n').at(-1);
  return lastLine ? `${how}: ${lastLine}` : how;
}

function seeLogs({ name }: ContainerStatus): string {
  return `see kubectl logs --previous -c ${name}`;
}

function shorten(text: string): string {
  return text.length <= longestMessage ? text : `${text.slice(0, longestMessage)}…`;
}

function jsonOf(text: string | undefined): unknown {
  if (text === undefined || !text.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
