import type { Fields } from '../json.ts';
import type { KubeObject } from '../objects.ts';

/** The fields that controllers read; the schema has checked them at the door. */
export interface Condition extends Fields {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  lastHeartbeatTime?: string;
}

interface Container extends Fields {
  ports?: { name?: string; containerPort: number }[];
  restartPolicy?: string;
  resources?: { requests?: Record<string, string> };
}

interface Requirement {
  key: string;
  operator: string;
  values?: string[];
}

export interface NodeSelectorTerm extends Fields {
  matchExpressions?: Requirement[];
  matchFields?: Requirement[];
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
    podAntiAffinity?: {
      requiredDuringSchedulingIgnoredDuringExecution?: {
        topologyKey: string;
        labelSelector?: Fields;
        namespaces?: (string | undefined)[];
      }[];
    };
  };
}

export interface Pod extends KubeObject {
  spec: PodSpec;
  status: { phase: string; podIP?: string; conditions?: Condition[] };
}

interface Workload extends Fields {
  replicas: number;
  selector: Fields;
  template: {
    metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
    spec: PodSpec;
  };
}

/** An object that makes pods. */
export interface Templated extends KubeObject {
  spec: Pick<Workload, 'template'>;
}

export interface ReplicaSet extends KubeObject {
  spec: Workload;
  status: { replicas: number; readyReplicas?: number; availableReplicas?: number };
}

type Bound = number | string;

export interface Deployment extends KubeObject {
  spec: Workload & {
    revisionHistoryLimit: number;
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
