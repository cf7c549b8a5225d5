import type { Fields } from '../json.ts';

const probe = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
const mode = { defaultMode: 0o644 };
const container = {
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  resources: {},
};

/** What an API server fills in, by the last three parts of the definition's name. */
const byDefinition: Readonly<Record<string, Fields>> = {
  'core.v1.PodSpec': {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    securityContext: {},
  },
  'core.v1.Container': container,
  'core.v1.Probe': probe,
  'core.v1.HTTPGetAction': { path: '/', scheme: 'HTTP' },
  'core.v1.ContainerPort': { protocol: 'TCP' },
  'core.v1.ObjectFieldSelector': { apiVersion: 'v1' },
  'core.v1.ConfigMapVolumeSource': mode,
  'core.v1.SecretVolumeSource': mode,
  'core.v1.DownwardAPIVolumeSource': mode,
  'core.v1.ProjectedVolumeSource': mode,
  'core.v1.ServiceSpec': { type: 'ClusterIP', sessionAffinity: 'None' },
  'core.v1.ServicePort': { protocol: 'TCP' },
  'core.v1.Secret': { type: 'Opaque' },
  'core.v1.Service': { status: { loadBalancer: {} } },
  'core.v1.Pod': { status: { phase: 'Pending' } },
  'core.v1.Namespace': { spec: {}, status: { phase: 'Active' } },
  'core.v1.NamespaceSpec': { finalizers: ['kubernetes'] },
  'apps.v1.Deployment': { status: {} },
  'apps.v1.ReplicaSet': { status: { replicas: 0 } },
  'apps.v1.StatefulSet': { status: { replicas: 0 } },
  'batch.v1.Job': { status: {} },
  'apps.v1.DeploymentSpec': {
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    strategy: {},
  },
  'apps.v1.DeploymentStrategy': { type: 'RollingUpdate' },
  'apps.v1.ReplicaSetSpec': { replicas: 1 },
  'apps.v1.StatefulSetSpec': {
    replicas: 1,
    revisionHistoryLimit: 10,
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate' },
  },
  'batch.v1.JobSpec': {
    parallelism: 1,
    completions: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
  },
  'apiextensions.v1.CustomResourceDefinitionSpec': { conversion: { strategy: 'None' } },
  'discovery.v1.EndpointPort': { protocol: 'TCP' },
};

/** Nothing for definitions that have none. */
export function builtInDefaults(definition: string): Fields {
  return byDefinition[definition.split('.').slice(-3).join('.')] ?? {};
}
