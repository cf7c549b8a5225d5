import type { Cause } from './cause.ts';
import { conditionReasons } from '@kaito-ts/api-types';
import { isForbidden, isInvalid, KubeApiError } from '@kaito-ts/kube-runtime';

interface Refusal {
  readonly pattern: RegExp;
  readonly reason: string;
  readonly nextStep: string;
}

/** Who can say no, in the API server's own words, which are the same whether it speaks of a workload or of its pods. */
const refusals: readonly Refusal[] = [
  {
    pattern: /exceeded quota|failed quota/,
    reason: conditionReasons.NamespaceQuotaExceeded,
    nextStep: 'raise the ResourceQuota or free some of it; the pods come by themselves then',
  },
  {
    pattern: /violates PodSecurity/,
    reason: conditionReasons.PodSecurityViolated,
    nextStep: 'change what the message names in the template, or the namespace’s Pod Security level',
  },
  {
    // The last: a default limit that is smaller than what the pod asks for.
    pattern:
      /(maximum|minimum) \S+ usage per (Container|Pod)|limit to request ratio per|must be less than or equal to \w+ limit/,
    reason: conditionReasons.LimitRangeViolated,
    nextStep: 'keep within the LimitRange of the namespace, or change it',
  },
  {
    pattern: /serviceaccount "[^"]*" not found/,
    reason: conditionReasons.ServiceAccountNotFound,
    nextStep: 'create the ServiceAccount in this namespace, or correct its name in the template',
  },
  {
    pattern: /failed calling webhook/,
    reason: conditionReasons.WebhookUnavailable,
    nextStep:
      'bring the webhook back; its ValidatingWebhookConfiguration or MutatingWebhookConfiguration says where it is',
  },
  {
    pattern: /admission webhook "[^"]*" denied|ValidatingAdmissionPolicy/,
    reason: conditionReasons.AdmissionDenied,
    nextStep: 'ask whoever made the policy, or change what it names',
  },
  {
    pattern: /User "[^"]*" cannot \w+ resource/,
    reason: conditionReasons.OperatorForbidden,
    nextStep: 'give the operator’s ServiceAccount this right, as the roles of its chart do',
  },
];

/** Undefined for an error that may pass by itself: that is tried again in silence. */
export function refusalOfWrite(error: unknown, object: string): Cause | undefined {
  if (!(error instanceof KubeApiError)) return undefined;
  const { message } = error.status;
  const known = refusals.find(({ pattern }) => pattern.test(message));
  if (known === undefined && !isInvalid(error) && !isForbidden(error)) return undefined;
  return {
    reason: known?.reason ?? conditionReasons.ReconcileFailed,
    object,
    cause: `the API server refused it: ${message}`,
    nextStep: known?.nextStep ?? 'mend what the message names; the operator tries again by itself',
    severity: 'failed',
  };
}

/** A quota or an admission plugin can refuse pods before there are any. */
export function refusalOfPods(message: string | undefined, workload: string): Cause {
  const known = refusals.find(({ pattern }) => pattern.test(message ?? ''));
  return {
    reason: known?.reason ?? conditionReasons.PodsRefused,
    object: workload,
    cause: `its pods are refused: ${message ?? 'the API server gave no reason'}`,
    nextStep: known?.nextStep ?? 'mend what the message names (quota, Pod Security level, admission plugin)',
    severity: 'failed',
  };
}
