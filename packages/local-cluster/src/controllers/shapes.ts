import type { Requirement } from '../api/selectors.ts';
import type { Fields } from '../json.ts';
import type { KubeObject, ObjectMeta } from '../objects.ts';

/** The fields that controllers read; the schema has checked them at the door. */
export interface Condition extends Fields {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  lastHeartbeatTime?: string;
}

export interface Conditioned {
  status?: { conditions?: Condition[] };
}

export interface Container extends Fields {
  ports?: { name?: string; containerPort: number }[];
  restartPolicy?: string;
  resources?: { requests?: Record<string, string> };
}

export interface NodeSelectorTerm {
  matchExpressions?: Requirement[];
  matchFields?: Requirement[];
}

interface PodAffinityTerm {
  topologyKey: string;
  labelSelector?: Fields;
  namespaces?: (string | undefined)[];
}

export interface PodSpec extends Fields {
  nodeName?: string;
  schedulerName: string;
  containers: Container[];
  initContainers?: Container[];
  nodeSelector?: Record<string, string>;
  tolerations?: { key?: string; operator?: string; value?: string; effect?: string }[];
  affinity?: {
    nodeAffinity?: {
      requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms: NodeSelectorTerm[] };
      preferredDuringSchedulingIgnoredDuringExecution?: { weight: number; preference: NodeSelectorTerm }[];
    };
    podAntiAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[] };
  };
}

export interface Pod extends KubeObject {
  spec: PodSpec;
  status: { phase: string; podIP?: string; conditions?: Condition[] };
}

interface Workload extends Fields {
  replicas: number;
  selector: Fields;
  template: { metadata?: Pick<ObjectMeta, 'labels' | 'annotations'>; spec: PodSpec };
}

/** An object that makes pods. */
export interface Templated extends KubeObject {
  spec: Pick<Workload, 'template'>;
}

export interface ReplicaSet extends KubeObject {
  spec: Workload;
  status: { replicas: number; availableReplicas?: number };
}

type Bound = number | string;

export interface Deployment extends KubeObject {
  spec: Workload & {
    strategy: { type: string; rollingUpdate?: { maxSurge?: Bound; maxUnavailable?: Bound } };
  };
  status: { conditions?: Condition[] };
}

export interface StatefulSet extends KubeObject {
  spec: Workload & { serviceName?: string; podManagementPolicy: string; updateStrategy: { type: string } };
  status: { currentRevision?: string };
}

export interface Job extends KubeObject {
  spec: Workload & { backoffLimit: number };
  status: { startTime?: string; conditions?: Condition[] };
}

export interface Taint {
  key: string;
  value?: string;
  effect: string;
}

export interface Node extends KubeObject {
  spec?: { taints?: Taint[]; unschedulable?: boolean };
  status?: { allocatable?: Record<string, string>; conditions?: Condition[] };
}

export interface Lease extends KubeObject {
  spec?: { renewTime?: string };
}
