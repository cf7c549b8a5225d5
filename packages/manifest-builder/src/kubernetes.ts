import type * as k8s from '@kubernetes/client-node';

/** client-node's classes as plain readonly values, as they are on the wire. */
type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Wire<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Wire<T[Key]> }
      : T;

export type Affinity = Wire<k8s.V1Affinity>;
export type Container = Wire<k8s.V1Container>;
export type EnvironmentVariable = Wire<k8s.V1EnvVar>;
export type NodeSelectorRequirement = Wire<k8s.V1NodeSelectorRequirement>;
export type NodeSelectorTerm = Wire<k8s.V1NodeSelectorTerm>;
export type ObjectMeta = Wire<k8s.V1ObjectMeta> & { readonly name: string };
export type PodSecurityContext = Wire<k8s.V1PodSecurityContext>;
export type PodSpec = Wire<k8s.V1PodSpec>;
export type PodTemplate = Wire<k8s.V1PodTemplateSpec>;
export type PreferredSchedulingTerm = Wire<k8s.V1PreferredSchedulingTerm>;
export type Probe = Wire<k8s.V1Probe>;
export type ResourceRequirements = Wire<k8s.V1ResourceRequirements>;
export type SecurityContext = Wire<k8s.V1SecurityContext>;
export type Toleration = Wire<k8s.V1Toleration>;
export type Volume = Wire<k8s.V1Volume>;
export type VolumeMount = Wire<k8s.V1VolumeMount>;

export interface DeploymentObject {
  readonly apiVersion: 'apps/v1';
  readonly kind: 'Deployment';
  readonly metadata: ObjectMeta;
  readonly spec: Wire<k8s.V1DeploymentSpec>;
}

export interface StatefulSetObject {
  readonly apiVersion: 'apps/v1';
  readonly kind: 'StatefulSet';
  readonly metadata: ObjectMeta;
  readonly spec: Wire<k8s.V1StatefulSetSpec>;
}

export interface ServiceObject {
  readonly apiVersion: 'v1';
  readonly kind: 'Service';
  readonly metadata: ObjectMeta;
  readonly spec: Wire<k8s.V1ServiceSpec>;
}
