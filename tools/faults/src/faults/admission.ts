import { kinds } from '@kaito-ts/kube-runtime';
import type { Fault } from '../fault.ts';
import { faultKinds } from '../objects.ts';
import type { Scene } from '../scene.ts';
import { aContainer, answering, aPod } from '../workspace-builder.ts';

const inference = { condition: 'InferenceReady' } as const;
const workload = /^Deployment\/model$/;
const goodTemplate = (scene: Scene): Promise<void> => scene.apply({ template: aPod(aContainer(answering)) });

/** Who may say no to what the operator writes, and to the pods that come of it. */
export const admissionFaults: readonly Fault[] = [
  {
    name: 'pod quota used up',
    engine: 'containers',
    inject: async (scene) => {
      await scene.put(kinds.resourceQuotas, { metadata: { name: 'no-pods' }, spec: { hard: { pods: '0' } } });
      await scene.apply();
    },
    expect: {
      ...inference,
      reason: 'NamespaceQuotaExceeded',
      object: workload,
      message: /exceeded quota: no-pods/,
    },
    heal: (scene) => scene.remove(kinds.resourceQuotas, 'no-pods'),
  },
  {
    name: 'limit range exceeded',
    engine: 'containers',
    inject: async (scene) => {
      const limits = [{ type: 'Container', max: { memory: '64Mi' } }];
      await scene.put(faultKinds.limitRanges, { metadata: { name: 'small' }, spec: { limits } });
      await scene.apply({
        template: aPod(aContainer(answering, { resources: { limits: { memory: '128Mi' } } })),
      });
    },
    expect: {
      ...inference,
      reason: 'LimitRangeViolated',
      object: workload,
      message: /maximum memory usage per Container is 64Mi/,
    },
    heal: goodTemplate,
  },
  {
    name: 'template is no pod',
    engine: 'containers',
    inject: (scene) => scene.apply({ template: { ...aPod(aContainer(answering)), restartPolicy: 'Never' } }),
    expect: {
      ...inference,
      reason: 'ReconcileFailed',
      object: workload,
      message: /restartPolicy: Unsupported value: "Never"/,
    },
    heal: (scene) => scene.apply({ template: { ...aPod(aContainer(answering)), restartPolicy: 'Always' } }),
  },
  {
    name: 'Pod Security level violated',
    engine: 'containers',
    inject: (scene) =>
      scene.apply({ template: aPod(aContainer(answering, { securityContext: { privileged: true } })) }),
    expect: {
      ...inference,
      reason: 'PodSecurityViolated',
      object: workload,
      message: /violates PodSecurity "restricted.*privileged/,
    },
    heal: goodTemplate,
  },
  {
    name: 'service account absent',
    engine: 'containers',
    inject: (scene) =>
      scene.apply({ template: aPod(aContainer(answering), { serviceAccountName: 'model-runner' }) }),
    expect: {
      ...inference,
      reason: 'ServiceAccountNotFound',
      object: workload,
      message: /serviceaccount "model-runner" not found/,
    },
    heal: (scene) => scene.put(kinds.serviceAccounts, { metadata: { name: 'model-runner' } }),
  },
  {
    name: 'Deployment refused by a policy',
    engine: 'containers',
    inject: async (scene) => {
      await refusePolicy(scene);
      await scene.apply();
    },
    expect: { ...inference, reason: 'AdmissionDenied', object: workload, message: /no models on Saturdays/ },
    heal: (scene) => scene.remove(faultKinds.validatingAdmissionPolicyBindings, scene.namespace),
  },
  {
    name: 'webhook of another product is down',
    engine: 'containers',
    inject: async (scene) => {
      await deadWebhook(scene);
      await scene.apply();
    },
    expect: {
      ...inference,
      reason: 'WebhookUnavailable',
      object: workload,
      message: /failed calling webhook "gate\.faults\.test"/,
    },
    heal: (scene) => scene.remove(kinds.validatingWebhookConfigurations, scene.namespace),
  },
  {
    name: 'operator lacks a right',
    engine: 'containers',
    inject: (scene) => scene.apply(),
    expect: {
      ...inference,
      reason: 'OperatorForbidden',
      object: workload,
      message: /cannot (patch|create) resource "deployments"/,
    },
    heal: ({ ground, namespace }) => ground.grantWriting(namespace, 'all'),
    rights: 'withoutDeployments',
  },
];

/** In this namespace only, and no Deployment at all. */
async function refusePolicy(scene: Scene): Promise<void> {
  const metadata = { name: scene.namespace };
  const resourceRules = [
    { apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'], operations: ['CREATE'] },
  ];
  const validations = [{ expression: 'false', message: 'no models on Saturdays' }];
  await scene.put(faultKinds.validatingAdmissionPolicies, {
    metadata,
    spec: { matchConstraints: { resourceRules }, validations },
  });
  const matchResources = { namespaceSelector: here(scene) };
  await scene.put(faultKinds.validatingAdmissionPolicyBindings, {
    metadata,
    spec: { policyName: scene.namespace, validationActions: ['Deny'], matchResources },
  });
  await scene.until('the policy acts', () => refusesDeployments(scene, /no models on Saturdays/));
}

async function deadWebhook(scene: Scene): Promise<void> {
  await scene.put(kinds.validatingWebhookConfigurations, {
    metadata: { name: scene.namespace },
    webhooks: [
      {
        name: 'gate.faults.test',
        clientConfig: { url: 'https://127.0.0.1:9/gate' },
        rules: [
          { apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'], operations: ['CREATE'] },
        ],
        namespaceSelector: here(scene),
        failurePolicy: 'Fail',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        timeoutSeconds: 2,
      },
    ],
  });
  await scene.until('the webhook is asked', () => refusesDeployments(scene, /gate\.faults\.test/));
}

function here({ namespace }: Scene): object {
  return { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
}

/** The API server notices new rules after a moment. */
async function refusesDeployments({ client, namespace }: Scene, why: RegExp): Promise<boolean> {
  const labels = { app: 'probe' };
  const probe = {
    metadata: { name: 'probe', namespace },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'probe', image: 'probe' }] } },
    },
  };
  return client.create(kinds.deployments, probe, { dryRun: true }).then(
    () => false,
    (error: Error) => why.test(error.message),
  );
}
