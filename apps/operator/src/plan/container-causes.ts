import type { Pod } from '@kaito-ts/kube-runtime';
import { conditionReasons } from '@kaito-ts/api-types';
import { z } from 'zod';
import { seeLogs, type ContainerDetector, type ContainerStatus, type Terminated } from './finding.ts';

/** What the launcher leaves behind when it gives up. */
const launcherFailure = z.object({
  class: z.string().regex(/^[A-Z][A-Za-z0-9]*$/),
  message: z.string(),
  hint: z.string().default(''),
});

const waitingToStart = new Set([
  'CreateContainerConfigError',
  'PreCreateHookError',
  'CreateContainerError',
  'PreStartHookError',
  'RunContainerError',
  'PostStartHookError',
]);
/** A container that never ran has ended too, in the words of some runtimes. */
const endedBeforeStart = new Set(['StartError', 'ContainerCannotRun']);

/** Whatever the exit code: a launcher that was told to end while it loaded ends in order. */
export const launcherGaveUp: ContainerDetector = (status) => {
  const end = status.state?.terminated ?? status.lastState?.terminated;
  const parsed = launcherFailure.safeParse(jsonOf(end?.message));
  if (!parsed.success) return undefined;
  const { class: reason, message, hint } = parsed.data;
  return { reason, cause: message, nextStep: hint === '' ? seeLogs(status) : hint, severity: 'failed' };
};

export const outOfMemory: ContainerDetector = (status) => {
  if (lastEnd(status)?.reason !== 'OOMKilled') return undefined;
  return {
    reason: conditionReasons.ContainerOutOfMemory,
    cause: `container ${status.name} was killed because the node or its memory limit ran out of memory`,
    nextStep: 'use a node with more memory, a smaller model or a shorter max-model-len',
    severity: 'failed',
  };
};

interface StartFailure {
  readonly pattern: RegExp;
  readonly reason: string;
  readonly nextStep: string;
}

const startFailures: readonly StartFailure[] = [
  {
    pattern: /secret "[^"]*" not found/i,
    reason: conditionReasons.SecretNotFound,
    nextStep: 'create the Secret in this namespace; the node tries again by itself',
  },
  {
    pattern: /configmap "[^"]*" not found/i,
    reason: conditionReasons.ConfigMapNotFound,
    nextStep: 'create the ConfigMap in this namespace; the node tries again by itself',
  },
  {
    pattern: /image will run as root|breaks non-root policy|non-numeric user/i,
    reason: conditionReasons.ImageRunsAsRoot,
    nextStep:
      'set securityContext.runAsUser to a number above 0 in the template, or use an image with such a USER',
  },
];

const unexplained = {
  reason: conditionReasons.ContainerStartError,
  nextStep: 'mend what the message names; the node tries again by itself',
};

export const notStarted: ContainerDetector = (status) => {
  const waiting = status.state?.waiting;
  const end = lastEnd(status);
  const message =
    waiting?.reason !== undefined && waitingToStart.has(waiting.reason)
      ? (waiting.message ?? waiting.reason)
      : endedBeforeStart.has(end?.reason ?? '')
        ? (end?.message ?? end?.reason)
        : undefined;
  if (message === undefined) return undefined;
  const { reason, nextStep } = startFailures.find(({ pattern }) => pattern.test(message)) ?? unexplained;
  return {
    reason,
    cause: `container ${status.name} cannot start: ${message}`,
    nextStep,
    severity: 'failed',
  };
};

/** One init container of ours, one reason: the reader sees at once which copy did not happen. */
export const initContainerFailed: ContainerDetector = (status, { pod }) => {
  const end = lastEnd(status);
  if (!isInit(status, pod) || end === undefined) return undefined;
  return {
    reason:
      copies.find(({ pattern }) => pattern.test(status.name))?.reason ?? conditionReasons.InitContainerFailed,
    cause: `init container ${status.name} (image ${status.image}) ${endOf(end)}`,
    nextStep: seeLogs(status),
    severity: 'failed',
  };
};

const copies = [
  { pattern: /^adapter-/, reason: conditionReasons.AdapterCopyFailed },
  { pattern: /^weights$/, reason: conditionReasons.WeightsCopyFailed },
  { pattern: /^launcher$/, reason: conditionReasons.LauncherInjectionFailed },
];

/** Signals that a process sends to another; those of a crash it brings upon itself. */
const fromOutside = new Set([9, 15]);

export const killed: ContainerDetector = (status) => {
  const signal = signalOf(lastEnd(status));
  if (signal === undefined || !fromOutside.has(signal)) return undefined;
  return {
    reason: conditionReasons.ContainerKilled,
    cause: `container ${status.name} was killed from outside by signal ${signal}, as a failed liveness probe does it`,
    nextStep: `look for Unhealthy and Killing in kubectl get events; ${seeLogs(status)}`,
    severity: 'failed',
  };
};

export const crashed: ContainerDetector = (status) => {
  const end = lastEnd(status);
  if (end === undefined && status.state?.waiting?.reason !== 'CrashLoopBackOff') return undefined;
  return {
    reason: conditionReasons.ContainerCrashLoop,
    cause: `container ${status.name} ${end === undefined ? 'keeps ending' : endOf(end)}`,
    nextStep: seeLogs(status),
    severity: 'failed',
  };
};

function isInit(status: ContainerStatus, pod: Pod): boolean {
  return (pod.status?.initContainerStatuses ?? []).includes(status);
}

/** How the container ended last, if that was a failure. */
function lastEnd(status: ContainerStatus): Terminated | undefined {
  const end = status.state?.terminated ?? status.lastState?.terminated;
  return end === undefined || end.exitCode === 0 ? undefined : end;
}

/** Most runtimes tell the signal only by the exit code. */
function signalOf(end: Terminated | undefined): number | undefined {
  if (end === undefined) return undefined;
  if (end.signal !== undefined && end.signal !== 0) return end.signal;
  return end.exitCode > 128 && end.exitCode < 160 ? end.exitCode - 128 : undefined;
}

function endOf(end: Terminated): string {
  const signal = signalOf(end);
  const how = signal === undefined ? `exited with code ${end.exitCode}` : `was killed by signal ${signal}`;
  const lastLine = end.message?.trim().split('\n').at(-1);
  return lastLine ? `${how}: ${lastLine}` : how;
}

function jsonOf(text: string | undefined): unknown {
  if (text === undefined || !text.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
