import type {
  Clock,
  KubeClient,
  Logger,
  Reconcile,
  Reflector,
  Secret,
  ValidatingWebhookConfiguration,
} from '@kaito-ts/kube-runtime';
import type { ServingCertificate, StoredCertificates } from './certificate-secret.ts';
import type { Generation, RotationPolicy, RotationState, RotationStep } from './rotation-plan.ts';
import { kinds, requeueAfter } from '@kaito-ts/kube-runtime';
import { fieldManager } from '../cluster/kinds.ts';
import { readSecret, renderSecretData } from './certificate-secret.ts';
import { coversHosts, readCertificates } from './pem.ts';
import { planRotation } from './rotation-plan.ts';
import { bundleOf, bundlePatch, fingerprints, hostsOf } from './webhook-configuration.ts';

export interface RotationParts {
  readonly client: KubeClient;
  readonly secrets: Pick<Reflector<Secret>, 'store'>;
  readonly configurations: Pick<Reflector<ValidatingWebhookConfiguration>, 'store'>;
  readonly policy: RotationPolicy;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Also how soon a Secret or configuration that is missing, or a clock that was set, is noticed at the latest. */
const longestWaitMilliseconds = 6 * 3_600_000;
/** The watch brings back what was written; until then the old state would be planned for again. */
const echoMilliseconds = 1_000;

/** One round on the leader: read Secret and webhook configuration, plan one step, take it. */
export function createRotation(parts: RotationParts): Reconcile {
  const { client, secrets, configurations, policy, clock, logger } = parts;
  let trusted: { readonly authority: string; readonly since: number } | undefined;

  function trustedSince(authority: string | undefined, bundle: readonly string[]): number | undefined {
    if (authority === undefined || !bundle.includes(authority)) trusted = undefined;
    else if (trusted?.authority !== authority) trusted = { authority, since: clock.now() };
    return trusted?.since;
  }

  return async (_key, { signal }) => {
    const [secret] = secrets.store.list();
    const [configuration] = configurations.store.list();
    if (secret === undefined || configuration === undefined) return requeueAfter(longestWaitMilliseconds);
    const stored = readSecret(secret);
    const hosts = hostsOf(configuration);
    const bundle = fingerprints(bundleOf(configuration));
    const next = generationOf(stored.next, hosts);
    const state: RotationState = {
      now: clock.now(),
      current: generationOf(stored.current, hosts),
      next,
      previous: previousOf(stored),
      bundle,
      nextTrustedSince: trustedSince(next?.authority, bundle),
    };
    const step = planRotation(state, policy);
    if (step.kind === 'wait') {
      return requeueAfter(Math.min(Math.max(step.until - state.now, 1), longestWaitMilliseconds));
    }
    logger.info({ step: step.kind, why: step.why }, 'webhook certificate');
    if (step.kind === 'trust') {
      const pem = authoritiesOf(stored).flatMap(firstCertificate).join('');
      const operations = bundlePatch(configuration, pem);
      const patch = { type: 'json', operations } as const;
      await client.patch(kinds.validatingWebhookConfigurations, configuration.metadata, patch, {
        fieldManager,
        signal,
      });
    } else {
      const data = renderSecretData(await changed(stored, step, { hosts, now: state.now, policy }));
      const { apiVersion = 'v1', kind = 'Secret' } = secret;
      // With the version that was read: of two that think they lead, one is refused.
      await client.update(kinds.secrets, { ...secret, apiVersion, kind, data }, { fieldManager, signal });
    }
    return requeueAfter(echoMilliseconds);
  };
}

interface Issuing {
  readonly hosts: readonly string[];
  readonly now: number;
  readonly policy: RotationPolicy;
}

async function changed(
  stored: StoredCertificates,
  step: Exclude<RotationStep, { kind: 'wait' | 'trust' }>,
  { hosts, now, policy }: Issuing,
): Promise<StoredCertificates> {
  const issue = async (): Promise<ServingCertificate> => {
    // Loaded by who issues only: a follower or an operator without a webhook does without its memory.
    const { issueCertificate } = await import('./issue-certificate.ts');
    return issueCertificate({ hosts, now, lifetimeMilliseconds: policy.lifetimeMilliseconds });
  };
  if (step.kind === 'issueCurrent') return { current: await issue(), next: undefined, previous: undefined };
  if (step.kind === 'issueNext') return { ...stored, next: await issue() };
  if (step.kind === 'retire') return { ...stored, previous: undefined };
  const authority = stored.current?.authority;
  const until = now + policy.graceMilliseconds;
  return {
    current: stored.next,
    next: undefined,
    previous: authority === undefined ? undefined : { authority, until },
  };
}

function authoritiesOf({ current, next, previous }: StoredCertificates): readonly string[] {
  return [current?.authority, next?.authority, previous?.authority].filter((pem) => pem !== undefined);
}

/** An authority is one certificate: the first of its text, as the plan counts it too. */
function firstCertificate(pem: string): readonly string[] {
  return readCertificates(pem)
    .slice(0, 1)
    .map((certificate) => certificate.toString());
}

/** Undefined for what cannot be read as a certificate with its authority. */
function generationOf(
  serving: ServingCertificate | undefined,
  hosts: readonly string[],
): Generation | undefined {
  const [leaf] = readCertificates(serving?.certificate ?? '');
  const [authority] = fingerprints(serving?.authority ?? '');
  if (leaf === undefined || authority === undefined) return undefined;
  return { authority, notAfter: Date.parse(leaf.validTo), fits: coversHosts(leaf, hosts) };
}

function previousOf({ previous }: StoredCertificates): RotationState['previous'] {
  const [authority] = fingerprints(previous?.authority ?? '');
  return authority === undefined || previous === undefined ? undefined : { authority, until: previous.until };
}
