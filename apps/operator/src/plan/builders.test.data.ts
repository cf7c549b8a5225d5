import type { Condition, Workspace, WorkspaceStatus } from '@kaito-ts/api-types';
import type { Node, Pod } from '@kaito-ts/kube-runtime';
import type { InferenceObject } from '@kaito-ts/manifest-builder';
import type { Catalogue, FlagRecord, ModelRecord } from '@kaito-ts/preset-catalog';
import type { Observation, WorkspaceObject } from './observation.ts';
import type { Plan } from './plan-value.ts';
import type { PlanSettings } from './plan.ts';
import { embeddedCatalogue } from '@kaito-ts/preset-catalog';
import { byoProvisioner } from '../provisioner/byo.ts';

export const workspaceUid = '6f7c3f7e-0000-4000-8000-000000000001';
export const now = '2026-01-01T00:00:00Z';

const gibibyte = 2 ** 30;

export interface WorkspaceParts {
  readonly name?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly deletionTimestamp?: string;
  readonly generation?: number;
  readonly resource?: Partial<NonNullable<Workspace['resource']>>;
  readonly inference?: Workspace['inference'];
  readonly tuning?: Workspace['tuning'];
  readonly status?: WorkspaceStatus;
}

export function workspace(parts: WorkspaceParts = {}): WorkspaceObject {
  const { name = 'phi', annotations, finalizers, deletionTimestamp, generation = 1, tuning, status } = parts;
  const inference = parts.inference ?? (tuning === undefined ? { preset: { name: 'small' } } : undefined);
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: {
      name,
      namespace: 'demo',
      uid: workspaceUid,
      generation,
      ...(annotations !== undefined && { annotations }),
      ...(finalizers !== undefined && { finalizers }),
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    },
    resource: { count: 1, labelSelector: { matchLabels: { apps: 'gpu-test' } }, ...parts.resource },
    ...(inference !== undefined && { inference }),
    ...(tuning !== undefined && { tuning }),
    ...(status !== undefined && { status }),
  } as WorkspaceObject;
}

export interface NodeParts {
  readonly labels?: Readonly<Record<string, string>>;
  readonly gpus?: number;
  readonly gpuProduct?: string;
  readonly gpuMemoryMiB?: number;
  readonly memory?: string;
  readonly ready?: boolean;
  readonly unschedulable?: boolean;
  readonly taints?: readonly { key: string; value?: string; effect: string }[];
}

export function node(name: string, parts: NodeParts = {}): Node {
  const {
    gpus = 0,
    gpuProduct = 'NVIDIA-A100-SXM4-80GB',
    gpuMemoryMiB = 81_920,
    memory = '64Gi',
    ready = true,
  } = parts;
  const gpuLabels: Record<string, string> =
    gpus === 0
      ? {}
      : {
          'nvidia.com/gpu.product': gpuProduct,
          'nvidia.com/gpu.count': String(gpus),
          'nvidia.com/gpu.memory': String(gpuMemoryMiB),
        };
  return {
    metadata: { name, labels: { apps: 'gpu-test', ...gpuLabels, ...parts.labels } },
    spec: { unschedulable: parts.unschedulable, taints: parts.taints },
    status: {
      allocatable: { memory, ...(gpus > 0 && { 'nvidia.com/gpu': String(gpus) }) },
      conditions: [
        {
          type: 'Ready',
          status: ready ? 'True' : 'False',
          reason: ready ? 'KubeletReady' : 'KubeletNotReady',
        },
      ],
    },
  } as unknown as Node;
}

export interface PodParts {
  readonly revision?: string | undefined;
  readonly ready?: boolean;
  readonly node?: string;
  readonly terminating?: boolean;
  /** Seconds before now at which it was told to end, with a grace period of a minute. */
  readonly toldToEnd?: number;
  readonly requests?: Readonly<Record<string, string>>;
  readonly status?: object;
}

export function pod(name: string, parts: PodParts = {}): Pod {
  const { revision, ready = false, node: nodeName, terminating = false, toldToEnd, requests = {} } = parts;
  return {
    metadata: {
      name,
      namespace: 'demo',
      uid: `uid-${name}`,
      labels: { 'kaito.sh/workspace': 'phi' },
      ...(revision !== undefined && { annotations: { 'kaito.sh/revision': revision } }),
      ...(terminating && { deletionTimestamp: now }),
      ...(toldToEnd !== undefined && {
        deletionTimestamp: new Date(Date.parse(now) + (60 - toldToEnd) * 1000).toISOString(),
        deletionGracePeriodSeconds: 60,
      }),
    },
    spec: { nodeName, containers: [{ name: 'phi', resources: { requests } }] },
    status: {
      phase: nodeName === undefined ? 'Pending' : 'Running',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      ...parts.status,
    },
  } as unknown as Pod;
}

export function observation(parts: Partial<Observation> = {}): Observation {
  const { pods = [] } = parts;
  return {
    workspace: workspace(),
    deployment: undefined,
    statefulSet: undefined,
    service: undefined,
    headlessService: undefined,
    pods,
    nodes: [node('gpu-1', { gpus: 1 })],
    config: undefined,
    warningsOf: () => [],
    podsOn: (name) => pods.filter(({ spec }) => spec?.nodeName === name),
    ...parts,
  };
}

/** A model of 8 GiB of weights, and one that needs several 80 GiB GPUs. */
export const models: readonly ModelRecord[] = [
  model({ name: 'small', weightGiB: 8 }),
  model({ name: 'large', weightGiB: 130 }),
  model({ name: 'torch-only', weightGiB: 8, runtimes: ['transformers'] }),
];

function model({
  name,
  weightGiB,
  runtimes = ['vllm', 'transformers', 'llamacpp'],
}: {
  name: string;
  weightGiB: number;
  runtimes?: ModelRecord['runtimes'];
}): ModelRecord {
  return {
    name,
    aliases: [],
    source: { kind: 'image', reference: `registry.example.com/${name}:1` },
    facts: {
      config: {
        architectures: ['LlamaForCausalLM'],
        hidden_size: 8192,
        num_hidden_layers: 80,
        num_attention_heads: 64,
        num_key_value_heads: 8,
        head_dim: 128,
        vocab_size: 128_256,
        max_position_embeddings: 131_072,
        dtype: 'bfloat16',
      },
      storedWeightBytes: weightGiB * gibibyte,
      loadedWeightBytes: weightGiB * gibibyte,
    },
    runtimes,
  };
}

const flags: readonly FlagRecord[] = [
  { name: 'max-model-len', type: 'int', aliases: [], words: ['auto'], humanReadable: true },
  { name: 'gpu-memory-utilization', type: 'float', aliases: [] },
  { name: 'enable-prefix-caching', type: 'boolean', aliases: [] },
  { name: 'swap-space', type: 'float', aliases: [], removedIn: '0.20.0' },
  { name: 'dtype', type: 'string', aliases: [], choices: ['auto', 'bfloat16', 'float16'] },
];

export function catalogue(): Catalogue {
  const base = embeddedCatalogue().withModels(models);
  const byName = new Map(flags.map((flag) => [flag.name, flag]));
  return {
    ...base,
    runtime: (engine) => ({
      engine,
      version: '0.32.0',
      defaultImage: `${engine}:0.32.0`,
      flags: byName,
      findFlag: (spelling) => byName.get(spelling.replaceAll('_', '-')),
      architectures: new Map(),
      toolCallParsers: [],
      reasoningParsers: [],
      source: 'test',
    }),
  };
}

export function settings(parts: Partial<PlanSettings> = {}): PlanSettings {
  return {
    catalogue: catalogue(),
    defaultRuntime: 'vllm',
    runtimeImages: new Map(),
    launcherImage: 'kaito-ts/launcher:test',
    provisioner: byoProvisioner,
    ...parts,
  };
}

export function condition(plan: Plan, type: string): Condition | undefined {
  return plan.status?.conditions?.find((entry) => entry.type === type);
}

export function appliedWorkload(plan: Plan): InferenceObject | undefined {
  const step = plan.steps.find((entry) => entry.kind === 'apply' && entry.object.kind !== 'Service');
  return step?.kind === 'apply' ? step.object : undefined;
}

export function revisionOfPlan(plan: Plan): string {
  return appliedWorkload(plan)?.metadata?.annotations?.['kaito.sh/revision'] ?? 'no workload applied';
}

/** What the caches hold once the steps of a plan are done; other fields stay as they were. */
export function afterApplying(before: Observation, plan: Plan): Observation {
  const stored: { -readonly [Key in keyof Observation]?: Observation[Key] } = {};
  for (const step of plan.steps) {
    if (step.kind !== 'apply') continue;
    const { kind, metadata } = step.object;
    const object = { ...step.object, metadata: { ...metadata, uid: `uid-${kind}-${metadata.name}` } };
    if (object.kind === 'Deployment') stored.deployment = object;
    else if (object.kind === 'StatefulSet') stored.statefulSet = object;
    else if (metadata.name.endsWith('-headless')) stored.headlessService = object;
    else stored.service = object;
  }
  return { ...before, ...stored, workspace: { ...before.workspace, status: plan.status } };
}
