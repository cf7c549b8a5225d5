import type { Workspace } from '@kaito-ts/api-types';
import type { ModelRecord } from '@kaito-ts/preset-catalog';
import type {
  DeploymentObject,
  NodeSelectorRequirement,
  ServiceObject,
  StatefulSetObject,
} from './kubernetes.ts';

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** What one pod takes from its node. */
export type DeviceRequest =
  | { readonly kind: 'gpu'; readonly resourceName: string; readonly count: number }
  | { readonly kind: 'cpu'; readonly memoryRequestBytes?: number };

/** How a model is spread; `nodeCount` pods serve it together, or, for a template, side by side. */
export interface ServingShape {
  readonly device: DeviceRequest;
  readonly nodeCount: number;
  readonly tensorParallelSize: number;
  readonly pipelineParallelSize: number;
  readonly dataParallelSize: number;
  readonly expertParallel?: boolean;
  readonly maxModelLen?: number;
}

export interface RuntimeChoice {
  readonly engine: ModelRecord['runtimes'][number];
  readonly version: string;
  readonly image: string;
}

export interface PresetServing {
  readonly kind: 'preset';
  readonly model: ModelRecord;
  readonly runtime: RuntimeChoice;
  readonly launcherImage: string;
  /** Flags the runtime gets unless inference_config.yaml says otherwise; values hold no paths. */
  readonly engineArguments: Readonly<Record<string, JsonValue>>;
  /** Name and text of the ConfigMap's inference_config.yaml; the text only enters the revision. */
  readonly config?: { readonly name: string; readonly content: string };
  /** How long loading may take before the kubelet restarts the container. */
  readonly startupBudgetSeconds: number;
}

/** The user's own pod template; it gets a label, tolerations and node affinity, nothing else. */
export interface TemplateServing {
  readonly kind: 'template';
}

/** surge: a new pod beside the old one first; recreate: the old one goes first. */
export type RolloutStrategy = 'surge' | 'recreate';

export interface InferenceInput {
  /** Without `metadata.uid` (a rendering outside a cluster) objects get no owner reference. */
  readonly workspace: Workspace;
  readonly serving: PresetServing | TemplateServing;
  readonly shape: ServingShape;
  readonly workloadKind: 'Deployment' | 'StatefulSet';
  readonly rollout: RolloutStrategy;
  /** Node requirements beyond the Workspace's own selector: the provisioner's, or one GPU product among several. */
  readonly nodeRequirements?: readonly NodeSelectorRequirement[];
  /** Annotations of the workload that do not roll it. */
  readonly workloadAnnotations?: Readonly<Record<string, string>>;
}

export type WorkloadObject = DeploymentObject | StatefulSetObject;
export type InferenceObject = WorkloadObject | ServiceObject;
