import type { ContainerStatus, Finding, ContainerDetector } from './finding.ts';
import { conditionReasons } from '@kaito-ts/api-types';

const waitingReasons = new Set([
  'ImagePullBackOff',
  'ErrImagePull',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
]);

interface PullFailure {
  readonly pattern: RegExp;
  readonly reason: string;
  readonly nextStep: string;
}

/** In the words of container runtimes. A registry that hides what exists calls a missing image denied, so that comes first. */
const pullFailures: readonly PullFailure[] = [
  {
    pattern: /InvalidImageName|couldn't parse image|invalid reference format/i,
    reason: conditionReasons.ImageNameInvalid,
    nextStep: 'correct the reference: registry/repository:tag, in lower case',
  },
  {
    pattern:
      /\b40[13]\b|unauthori[sz]ed|authorization failed|failed to authorize|access denied|\bforbidden\b|may require authorization/i,
    reason: conditionReasons.ImagePullDenied,
    nextStep:
      'name a Secret of type kubernetes.io/dockerconfigjson with the right to pull in imagePullSecrets',
  },
  {
    pattern:
      /connection refused|no such host|i\/o timeout|deadline exceeded|no route to host|network is unreachable|connection reset|handshake|x509:|RegistryUnavailable|\b50[0-4]\b/i,
    reason: conditionReasons.RegistryUnreachable,
    nextStep: 'see whether the registry answers from the node: its name, network, proxy and certificate',
  },
  {
    pattern: /not ?found|manifest unknown|does not exist|no match for platform/i,
    reason: conditionReasons.ImageNotFound,
    nextStep: 'push the image, or correct its name and tag',
  },
];

const unexplained = {
  reason: conditionReasons.ImagePullError,
  nextStep: 'check the reference, the registry and the imagePullSecrets',
};

export const imageNotPulled: ContainerDetector = (status, { warnings }) => {
  const waiting = status.state?.waiting;
  if (waiting?.reason === undefined || !waitingReasons.has(waiting.reason)) return undefined;
  const detail = detailOfPull(waiting.message);
  const known =
    pullFailures.find(({ pattern }) => pattern.test(`${waiting.reason} ${detail}`)) ?? unexplained;
  const cause = `image ${status.image} of container ${status.name} cannot be pulled${detail === '' ? '' : `: ${detail}`}`;
  const secrets = warnings.find(({ reason }) => reason === 'FailedToRetrieveImagePullSecret');
  if (known.reason === conditionReasons.ImagePullDenied && secrets !== undefined)
    return withoutSecret(status, cause, secrets.message);
  return { reason: known.reason, cause, nextStep: known.nextStep, severity: 'failed' };
};

/** The node pulls without the Secret then, and only an Event tells why that was refused. */
function withoutSecret({ name }: ContainerStatus, cause: string, warning: string): Finding {
  const names = /secrets \(([^)]*)\)/.exec(warning)?.[1] ?? 'among the imagePullSecrets';
  return {
    reason: conditionReasons.PullSecretNotFound,
    cause: `Secret ${names}, which container ${name} needs to pull its image, does not exist: ${cause}`,
    nextStep: `create Secret ${names} of type kubernetes.io/dockerconfigjson in this namespace`,
    severity: 'failed',
  };
}

/** The kubelet alternates between the error and a back-off that may quote it; the same words for both keep the status still. */
function detailOfPull(message = ''): string {
  const quoted = message.includes('ErrImagePull: ')
    ? message.slice(message.indexOf('ErrImagePull: ') + 14)
    : message;
  return quoted.startsWith('Back-off pulling image') ? '' : quoted;
}
