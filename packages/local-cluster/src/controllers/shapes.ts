import type { Fields } from '../json.ts';
import type { KubeObject } from '../objects.ts';

/** The fields that controllers read; the schema has checked them at the door. */
export interface Condition extends Fields {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  lastUpdateTime?: string;
}

interface Container extends Fields {
  name: string;
  ports?: { name?: string; containerPort: number; protocol: string }[];
  restartPolicy?: string;
  resources?: { requests?: Record<string, string> };
}

export interface NodeSelectorTerm extends Fields {
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
  matchFields?: { key: string; operator: string; values?: string[] }[];
}

export interface Toleration extends Fields {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}

export interface PodSpec extends Fields {
  nodeName?: string;
  schedulerName: string;
  schedulingGates?: unknown[];
  containers: Container[];
  initContainers?: Container[];
  overhead?: Record<string, string>;
  nodeSelector?: Record<string, string>;
  tolerations?: Toleration[];
  affinity?: {
    nodeAffinity?: {
      requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms: NodeSelectorTerm[] };
      preferredDuringSchedulingIgnoredDuringExecution?: { weight: number; preference: NodeSelectorTerm }[];
    };
  };
}

export interface Pod extends KubeObject {
  spec: PodSpec;
  status: { phase: string; podIP?: string; conditions?: Condition[]; reason?: string; startTime?: string };
}

export interface PodTemplate extends Fields {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: PodSpec;
}

export interface ReplicaSet extends KubeObject {
  spec: { replicas: number; selector: Fields; template: PodTemplate; minReadySeconds?: number };
  status: {
    replicas: number;
    readyReplicas?: number;
    availableReplicas?: number;
    observedGeneration?: number;
  };
}

export interface Deployment extends KubeObject {
  spec: {
    replicas: number;
    selector: Fields;
    template: PodTemplate;
    minReadySeconds?: number;
    paused?: boolean;
    progressDeadlineSeconds: number;
    revisionHistoryLimit: number;
    strategy: {
      type: string;
      rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string };
    };
  };
  status: {
    replicas?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    conditions?: Condition[];
  };
}

export interface StatefulSet extends KubeObject {
  spec: {
    replicas: number;
    serviceName?: string;
    podManagementPolicy: string;
    updateStrategy: { type: string };
    ordinals?: { start?: number };
    template: PodTemplate;
    minReadySeconds?: number;
  };
  status: { currentRevision?: string; updateRevision?: string };
}

export interface Job extends KubeObject {
  spec: {
    parallelism: number;
    completions: number;
    backoffLimit: number;
    suspend: boolean;
    activeDeadlineSeconds?: number;
    ttlSecondsAfterFinished?: number;
    template: PodTemplate;
  };
  status: { startTime?: string; completionTime?: string; conditions?: Condition[] };
}

export interface Taint extends Fields {
  key: string;
  value?: string;
  effect: string;
  timeAdded?: string;
}

export interface Node extends KubeObject {
  spec?: { taints?: Taint[]; unschedulable?: boolean };
  status?: { allocatable?: Record<string, string>; conditions?: Condition[] };
}
