import type * as k8s from '@kubernetes/client-node';
import type { KubeObject } from './object.ts';
import type { ResourceKind } from './resource-kind.ts';

/** client-node types dates as Date because its own decoder makes them; on the wire they are strings. */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Wire<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Wire<T[Key]> }
      : T;

/** An object of client-node's type `T` as it is on the wire. */
export type WireObject<T extends object> = KubeObject & Wire<Omit<T, 'metadata' | 'apiVersion' | 'kind'>>;

export type ConfigMap = WireObject<k8s.V1ConfigMap>;
export type ControllerRevision = WireObject<k8s.V1ControllerRevision>;
export type CoreEvent = WireObject<k8s.CoreV1Event>;
export type CustomResourceDefinition = WireObject<k8s.V1CustomResourceDefinition>;
export type DaemonSet = WireObject<k8s.V1DaemonSet>;
export type Deployment = WireObject<k8s.V1Deployment>;
export type Endpoints = WireObject<k8s.V1Endpoints>;
export type EndpointSlice = WireObject<k8s.V1EndpointSlice>;
export type Event = WireObject<k8s.EventsV1Event>;
export type Job = WireObject<k8s.V1Job>;
export type Lease = WireObject<k8s.V1Lease>;
export type Namespace = WireObject<k8s.V1Namespace>;
export type Node = WireObject<k8s.V1Node>;
export type PersistentVolume = WireObject<k8s.V1PersistentVolume>;
export type PersistentVolumeClaim = WireObject<k8s.V1PersistentVolumeClaim>;
export type Pod = WireObject<k8s.V1Pod>;
export type PriorityClass = WireObject<k8s.V1PriorityClass>;
export type ReplicaSet = WireObject<k8s.V1ReplicaSet>;
export type ResourceQuota = WireObject<k8s.V1ResourceQuota>;
export type Secret = WireObject<k8s.V1Secret>;
export type Service = WireObject<k8s.V1Service>;
export type ServiceAccount = WireObject<k8s.V1ServiceAccount>;
export type StatefulSet = WireObject<k8s.V1StatefulSet>;
export type StorageClass = WireObject<k8s.V1StorageClass>;
export type ValidatingWebhookConfiguration = WireObject<k8s.V1ValidatingWebhookConfiguration>;

/** The built-in kinds this family of programs works with. */
export const kinds: BuiltInKinds = {
  configMaps: builtIn('v1', 'configmaps', 'ConfigMap'),
  controllerRevisions: builtIn('apps/v1', 'controllerrevisions', 'ControllerRevision'),
  coreEvents: builtIn('v1', 'events', 'Event'),
  customResourceDefinitions: clusterScoped(
    'apiextensions.k8s.io/v1',
    'customresourcedefinitions',
    'CustomResourceDefinition',
  ),
  daemonSets: builtIn('apps/v1', 'daemonsets', 'DaemonSet'),
  deployments: builtIn('apps/v1', 'deployments', 'Deployment'),
  endpoints: builtIn('v1', 'endpoints', 'Endpoints'),
  endpointSlices: builtIn('discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice'),
  events: builtIn('events.k8s.io/v1', 'events', 'Event'),
  jobs: builtIn('batch/v1', 'jobs', 'Job'),
  leases: builtIn('coordination.k8s.io/v1', 'leases', 'Lease'),
  namespaces: clusterScoped('v1', 'namespaces', 'Namespace'),
  nodes: clusterScoped('v1', 'nodes', 'Node'),
  persistentVolumeClaims: builtIn('v1', 'persistentvolumeclaims', 'PersistentVolumeClaim'),
  persistentVolumes: clusterScoped('v1', 'persistentvolumes', 'PersistentVolume'),
  pods: builtIn('v1', 'pods', 'Pod'),
  priorityClasses: clusterScoped('scheduling.k8s.io/v1', 'priorityclasses', 'PriorityClass'),
  replicaSets: builtIn('apps/v1', 'replicasets', 'ReplicaSet'),
  resourceQuotas: builtIn('v1', 'resourcequotas', 'ResourceQuota'),
  secrets: builtIn('v1', 'secrets', 'Secret'),
  serviceAccounts: builtIn('v1', 'serviceaccounts', 'ServiceAccount'),
  services: builtIn('v1', 'services', 'Service'),
  statefulSets: builtIn('apps/v1', 'statefulsets', 'StatefulSet'),
  storageClasses: clusterScoped('storage.k8s.io/v1', 'storageclasses', 'StorageClass'),
  validatingWebhookConfigurations: clusterScoped(
    'admissionregistration.k8s.io/v1',
    'validatingwebhookconfigurations',
    'ValidatingWebhookConfiguration',
  ),
};

export interface BuiltInKinds {
  readonly configMaps: ResourceKind<ConfigMap>;
  readonly controllerRevisions: ResourceKind<ControllerRevision>;
  /** Events of the core group, as kubectl reads them; the API server keeps one store for both groups. */
  readonly coreEvents: ResourceKind<CoreEvent>;
  readonly customResourceDefinitions: ResourceKind<CustomResourceDefinition>;
  readonly daemonSets: ResourceKind<DaemonSet>;
  readonly deployments: ResourceKind<Deployment>;
  readonly endpoints: ResourceKind<Endpoints>;
  readonly endpointSlices: ResourceKind<EndpointSlice>;
  readonly events: ResourceKind<Event>;
  readonly jobs: ResourceKind<Job>;
  readonly leases: ResourceKind<Lease>;
  readonly namespaces: ResourceKind<Namespace>;
  readonly nodes: ResourceKind<Node>;
  readonly persistentVolumeClaims: ResourceKind<PersistentVolumeClaim>;
  readonly persistentVolumes: ResourceKind<PersistentVolume>;
  readonly pods: ResourceKind<Pod>;
  readonly priorityClasses: ResourceKind<PriorityClass>;
  readonly replicaSets: ResourceKind<ReplicaSet>;
  readonly resourceQuotas: ResourceKind<ResourceQuota>;
  readonly secrets: ResourceKind<Secret>;
  readonly serviceAccounts: ResourceKind<ServiceAccount>;
  readonly services: ResourceKind<Service>;
  readonly statefulSets: ResourceKind<StatefulSet>;
  readonly storageClasses: ResourceKind<StorageClass>;
  readonly validatingWebhookConfigurations: ResourceKind<ValidatingWebhookConfiguration>;
}

function builtIn(apiVersion: string, plural: string, kind: string): Omit<ResourceKind, symbol> {
  const [version = '', group = ''] = apiVersion.split('/').toReversed();
  return { group, version, plural, kind, namespaced: true };
}

function clusterScoped(apiVersion: string, plural: string, kind: string): Omit<ResourceKind, symbol> {
  return { ...builtIn(apiVersion, plural, kind), namespaced: false };
}
