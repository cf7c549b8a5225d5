import { conditionReasons } from '@kaito-ts/api-types';
import type { Finding, PodDetector } from './finding.ts';

/** What the node took back. */
export const evicted: PodDetector = (pod) => {
  const { phase, reason, message = '' } = pod.status ?? {};
  if (phase !== 'Failed' || reason !== 'Evicted') return undefined;
  const { reason: told, nextStep } = evictions.find(({ pattern }) => pattern.test(message)) ?? {
    reason: conditionReasons.PodEvicted,
    nextStep: 'free the resource on the node or use a larger one',
  };
  return {
    reason: told,
    cause: `evicted from ${pod.spec?.nodeName ?? 'its node'}: ${message}`,
    nextStep,
    severity: 'failed',
  };
};

const evictions = [
  {
    pattern: /exceed/i,
    reason: conditionReasons.DiskLimitExceeded,
    nextStep: 'raise the limit of ephemeral-storage or of the emptyDir, or write less',
  },
  {
    pattern: /ephemeral-storage|disk/i,
    reason: conditionReasons.NodeDiskPressure,
    nextStep: 'free disk on the node or use a larger one',
  },
  {
    pattern: /memory/i,
    reason: conditionReasons.NodeMemoryPressure,
    nextStep: 'free memory on the node or use a larger one',
  },
];

/** Where the scheduler puts no pod. */
export const unschedulable: PodDetector = (pod) => {
  const condition = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (condition?.status !== 'False' || condition.reason !== 'Unschedulable') return undefined;
  const message = condition.message ?? 'the scheduler gave no reason';
  return (
    withoutClaim(message) ?? {
      reason: conditionReasons.WorkloadUnschedulable,
      cause: `no node can take it: ${message}`,
      nextStep: 'free or add a node that matches resource.labelSelector and has the GPUs or memory asked for',
      severity: 'pending',
    }
  );
};

function withoutClaim(message: string): Finding | undefined {
  const absent = /persistentvolumeclaim "([^"]+)" not found/i.exec(message)?.[1];
  if (absent !== undefined) {
    return {
      reason: conditionReasons.VolumeClaimNotFound,
      object: `PersistentVolumeClaim/${absent}`,
      cause: `does not exist, and the pod waits for it: ${message}`,
      nextStep: 'create it in this namespace, or correct its name in the model record or the Workspace',
      severity: 'failed',
    };
  }
  if (!/unbound immediate PersistentVolumeClaims/i.test(message)) return undefined;
  return {
    reason: conditionReasons.VolumeClaimPending,
    cause: `a volume claim of it has no volume yet: ${message}`,
    nextStep:
      'see kubectl get pvc and kubectl get storageclass: make a volume or a provisioner for the claim',
    severity: 'pending',
  };
}

const sandboxReasons = new Set(['FailedCreatePodSandBox', 'NetworkNotReady']);
const mountReasons = new Set(['FailedMount', 'FailedAttachVolume']);

/** What the node does before the first container: its failures stand in Events only. */
export const notSetUp: PodDetector = (pod, warningsOf) => {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const began = statuses.some(
    ({ state, lastState }) =>
      state?.running !== undefined || state?.terminated !== undefined || lastState?.terminated !== undefined,
  );
  if (pod.spec?.nodeName === undefined || began) return undefined;
  const warnings = warningsOf(pod);
  const mount = warnings.findLast(({ reason }) => mountReasons.has(reason));
  if (mount !== undefined) {
    return {
      reason: conditionReasons.VolumeMountFailed,
      cause: `a volume cannot be mounted on Node/${pod.spec.nodeName}: ${mount.message}`,
      nextStep: 'mend what the message names; the node tries again by itself',
      severity: 'failed',
    };
  }
  const sandbox = warnings.findLast(({ reason }) => sandboxReasons.has(reason));
  if (sandbox === undefined) return undefined;
  return {
    reason: conditionReasons.SandboxFailed,
    cause: `Node/${pod.spec.nodeName} cannot set up its sandbox: ${sandbox.message}`,
    nextStep: `look at the container runtime and the network plugin of ${pod.spec.nodeName}`,
    severity: 'failed',
  };
};
