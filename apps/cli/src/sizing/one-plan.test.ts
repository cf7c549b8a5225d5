import { isDeepStrictEqual } from 'node:util';
import { parseWorkspace, type Workspace } from '@kaito-ts/api-types';
import { mostMachines, planWorkspaceOffline, type DescribedNode, type Plan } from '@kaito-ts/operator';
import { embeddedCatalogue } from '@kaito-ts/preset-catalog';
import { describe, expect, test } from 'vitest';
import { CommandError } from '../command-error.ts';
import { answerPlan, type PlannedMachine } from './plan-answer.ts';
import { planQuestion } from './plan-question.ts';

/** What `kaito plan` prints is what the controller creates: the two ways into the same plan, side by side. */

const catalogue = embeddedCatalogue();
/** As many as the operator would buy. */
const nodeCount = mostMachines;

/** Memory as `nvidia-smi` and so the label `nvidia.com/gpu.memory` say it. */
const machines: readonly (readonly [instanceType: string, memoryMiB: number])[] = [
  ['Standard_NV36ads_A10_v5', 23_028],
  ['Standard_NC24ads_A100_v4', 81_920],
  ['Standard_NC96ads_A100_v4', 81_920],
  ['Standard_NC80adis_H100_v5', 95_830],
  ['Standard_ND96isr_H100_v5', 81_559],
  ['Standard_ND96isr_H200_v5', 143_771],
  ['g5.12xlarge', 23_028],
  ['g6.48xlarge', 23_034],
  ['p4d.24xlarge', 40_960],
  ['Standard_NC32_A16', 15_356],
];

interface Question {
  readonly workspace: Workspace;
  readonly config?: string;
}

function workspaceOf(inference: object, resource: object = {}): Workspace {
  const parsed = parseWorkspace({
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name: 'one', namespace: 'default' },
    resource: { labelSelector: { matchLabels: { apps: 'one' } }, ...resource },
    inference,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

/** What both sides must agree on. */
interface Agreement {
  readonly refusal?: string;
  readonly nodes?: number;
  readonly resources?: Readonly<Record<string, string>>;
  readonly flags?: object;
}

function printed({ workspace, config }: Question, instanceType: string): Agreement {
  let machine: PlannedMachine | undefined;
  try {
    const question = planQuestion(catalogue, { workspace, config, defaultRuntime: 'vllm' }, { instanceType });
    [machine] = answerPlan(question).ranked;
  } catch (error) {
    if (error instanceof CommandError) return { refusal: error.message };
    throw error;
  }
  if (machine === undefined) throw new Error('nothing was ranked');
  if (machine.verdict === 'doesNotFit') return { refusal: machine.reasons[0] ?? '' };
  return {
    nodes: machine.nodeCount,
    resources: { [machine.resourceName ?? '']: String(machine.gpusPerNode) },
    flags: machine.flags ?? {},
  };
}

interface Applied {
  readonly spec: {
    readonly replicas?: number;
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly env?: readonly { readonly name: string; readonly value?: string }[];
          readonly resources?: { readonly limits?: Readonly<Record<string, string>> };
        }[];
      };
    };
  };
}

/** Env of the launcher, whose config file wins over the operator's flags. */
function created(plan: Plan, settings: object): Agreement {
  const steps = plan.steps.flatMap((step) => (step.kind === 'apply' ? [step.object] : []));
  const workload = steps.find(({ kind }) => kind !== 'Service') as Applied | undefined;
  if (workload === undefined) {
    const failed = plan.status?.conditions?.find(({ status }) => status === 'False');
    return { refusal: failed?.message ?? 'nothing is created and no condition says why' };
  }
  const [container] = workload.spec.template.spec.containers;
  const flags = container?.env?.find(({ name }) => name === 'KAITO_ENGINE_ARGUMENTS')?.value ?? '{}';
  return {
    nodes: workload.spec.replicas ?? 1,
    resources: Object.fromEntries(
      Object.entries(container?.resources?.limits ?? {}).filter(([name]) => name.startsWith('nvidia.com/')),
    ),
    flags: { ...(JSON.parse(flags) as object), ...settings },
  };
}

function nodesOf(instanceType: string, gpuMemoryMib: number): readonly DescribedNode[] {
  const type = catalogue.instanceType(instanceType);
  return Array.from({ length: nodeCount }, (_, index) => ({
    name: `node-${index}`,
    cpus: 96,
    memoryBytes: 900 * 2 ** 30,
    gpus: type?.gpuCount ?? 0,
    gpuProduct: (type?.gpu ?? '').replaceAll(' ', '-'),
    gpuMemoryMib,
    instanceType,
  }));
}

function difference(
  question: Question,
  [instanceType, memory]: (typeof machines)[number],
  settings: object,
): string | undefined {
  const plan = planWorkspaceOffline({
    workspace: question.workspace,
    config: question.config,
    nodes: nodesOf(instanceType, memory),
    defaultRuntime: 'vllm',
    launcherImage: 'launcher:test',
    catalogue,
  });
  const [ours, theirs] = [printed(question, instanceType), created(plan, settings)];
  if (ours.refusal !== undefined && theirs.refusal?.includes(ours.refusal)) return undefined;
  if (isDeepStrictEqual(ours, theirs)) return undefined;
  return `${instanceType}: plan ${JSON.stringify(ours)}, controller ${JSON.stringify(theirs)}`;
}

test('has machines of one to eight GPUs of every provider', () => {
  const types = machines.map(([name]) => catalogue.instanceType(name));
  expect(new Set(types.map((type) => type?.provider))).toEqual(new Set(['azure', 'aws', 'arc']));
  expect(new Set(types.map((type) => type?.gpuCount))).toEqual(new Set([1, 2, 4, 8]));
});

test.each(catalogue.models.map(({ name }) => name))('%s on every machine', (name) => {
  const workspace = workspaceOf({ preset: { name } });
  const differences = machines.flatMap((machine) => difference({ workspace }, machine, {}) ?? []);
  expect(differences).toEqual([]);
});

describe.each(['llama-3.1-8b-instruct', 'gpt-oss-120b', 'qwen3.8-27b', 'deepseek-v3.2'])('%s', (name) => {
  test.each([
    { 'max-model-len': 32_768 },
    { 'kv-cache-dtype': 'fp8', 'gpu-memory-utilization': 0.8, 'max-num-seqs': 64 },
    { 'tensor-parallel-size': 2, 'enforce-eager': true },
    { 'cpu-offload-gb': 4, 'max-num-batched-tokens': 4096 },
  ])('with %j', (flags) => {
    const workspace = workspaceOf({ preset: { name }, config: 'flags' });
    const config = JSON.stringify({ vllm: flags });
    const differences = machines.flatMap(
      (machine) => difference({ workspace, config }, machine, flags) ?? [],
    );
    expect(differences).toEqual([]);
  });

  test('with adapters', () => {
    const adapters = ['a', 'b'].map((own) => ({ source: { name: own, image: 'registry.example/a:1' } }));
    const workspace = workspaceOf({ preset: { name }, adapters });
    expect(machines.flatMap((machine) => difference({ workspace }, machine, {}) ?? [])).toEqual([]);
  });

  test('with part of the GPUs', () => {
    const workspace = workspaceOf({ preset: { name } }, { partition: { mode: 'accelerator', count: 1 } });
    expect(machines.flatMap((machine) => difference({ workspace }, machine, {}) ?? [])).toEqual([]);
  });

  test('on another runtime', () => {
    const annotations = { 'kaito.sh/runtime': 'transformers' };
    const workspace = { ...workspaceOf({ preset: { name } }), metadata: { name: 'one', annotations } };
    expect(machines.flatMap((machine) => difference({ workspace }, machine, {}) ?? [])).toEqual([]);
  });

  test('with a flag that no runtime knows', () => {
    const workspace = workspaceOf({ preset: { name }, config: 'flags' });
    const config = JSON.stringify({ vllm: { 'max-modle-len': 1 } });
    expect(machines.flatMap((machine) => difference({ workspace, config }, machine, {}) ?? [])).toEqual([]);
  });
});
