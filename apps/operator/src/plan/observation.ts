import type { Infrastructure } from '../provisioner/infrastructure.ts';
import type { Deployment, KubeObject, Node, Pod, Service, StatefulSet } from '@kaito-ts/kube-runtime';

/** A Workspace as it is stored; what it says is parsed by the planner. */
export interface WorkspaceObject extends KubeObject {
  readonly status?: unknown;
}

/** The ConfigMap that inference.config names. */
export interface ConfigObservation {
  readonly name: string;
  /** missing: no such ConfigMap; keyless: it has no inference_config.yaml. */
  readonly state: 'missing' | 'keyless' | 'present';
  readonly content: string;
}

/** A warning about a pod that its node gave as an Event. */
export interface PodWarning {
  readonly reason: string;
  readonly message: string;
}

/** Everything a plan may depend on, read from caches in one go. */
export interface Observation {
  readonly workspace: WorkspaceObject;
  readonly deployment: Deployment | undefined;
  readonly statefulSet: StatefulSet | undefined;
  readonly service: Service | undefined;
  readonly headlessService: Service | undefined;
  readonly pods: readonly Pod[];
  readonly nodes: readonly Node[];
  readonly config: ConfigObservation | undefined;
  /** Undefined where nodes are not bought. */
  readonly infrastructure?: Infrastructure | undefined;
  /** What nodes said about a pod in Events, oldest first. */
  readonly warningsOf: (pod: Pod) => readonly PodWarning[];
  /** Pods of any Workspace on a node: what the spare room is computed from. */
  readonly podsOn: (node: string) => readonly Pod[];
}
