import type { Workspace } from '@kaito-ts/api-types';
import type { ModelRecord } from '@kaito-ts/preset-catalog';
import type { InferenceInput, PresetServing, ServingShape } from '../input.ts';

const oneGpu: ServingShape = {
  device: { kind: 'gpu', resourceName: 'nvidia.com/gpu', count: 1 },
  nodeCount: 1,
  tensorParallelSize: 1,
  pipelineParallelSize: 1,
  dataParallelSize: 1,
};

const onCpu: ServingShape = { ...oneGpu, device: { kind: 'cpu', memoryRequestBytes: 268_435_456 } };

export function modelRecord(overrides: Partial<ModelRecord> = {}): ModelRecord {
  return {
    name: 'phi-4-mini-instruct',
    aliases: [],
    source: {
      kind: 'huggingface',
      repository: 'microsoft/Phi-4-mini-instruct',
      revision: 'cfbefacb99257ffa30c83adab238a50856ac3083',
    },
    facts: {},
    runtimes: ['vllm', 'transformers'],
    ...overrides,
  };
}

const demoModel = modelRecord({
  name: 'own-tiny-qwen2',
  source: { kind: 'image', reference: 'kaito-demo/own-base:1' },
  runtimes: ['vllm', 'transformers', 'llamacpp'],
});

function workspace(
  parts: Partial<Workspace> & { name: string; annotations?: Record<string, string> },
): Workspace {
  const { name, annotations, ...rest } = parts;
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: {
      name,
      namespace: 'demo',
      uid: '6f7c3f7e-0000-4000-8000-000000000001',
      ...(annotations !== undefined && { annotations }),
    },
    resource: { count: 1, labelSelector: { matchLabels: { apps: 'gpu-test' } } },
    ...rest,
  };
}

function preset(overrides: Partial<PresetServing> = {}): PresetServing {
  return {
    kind: 'preset',
    model: modelRecord(),
    runtime: { engine: 'vllm', version: '0.32.0', image: 'vllm/vllm-openai:v0.32.0' },
    launcherImage: 'kaito-ts/launcher:0.1.0',
    engineArguments: { 'tensor-parallel-size': 1 },
    startupBudgetSeconds: 1800,
    ...overrides,
  };
}

const phi = { preset: { name: 'phi-4-mini-instruct' } };

function presetCase(parts: Partial<InferenceInput> & Pick<InferenceInput, 'workspace'>): InferenceInput {
  return { serving: preset(), shape: oneGpu, workloadKind: 'Deployment', rollout: 'recreate', ...parts };
}

/** One entry per golden file; the name says what a reader should look for. */
export const goldenCases: Readonly<Record<string, InferenceInput>> = {
  'preset-one-gpu': presetCase({ workspace: workspace({ name: 'phi', inference: phi }) }),

  'preset-cpu-llamacpp-surge': presetCase({
    workspace: workspace({ name: 'tiny', inference: { preset: { name: 'own-tiny-qwen2' } } }),
    serving: preset({
      model: demoModel,
      runtime: { engine: 'llamacpp', version: 'b6000', image: 'kaito-ts/llama-cpp:0.1.0' },
      engineArguments: {},
    }),
    shape: onCpu,
    rollout: 'surge',
  }),

  'adapters-with-strengths': presetCase({
    workspace: workspace({
      name: 'adapted',
      inference: {
        preset: { name: 'own-tiny-qwen2' },
        adapters: [
          {
            source: { name: 'own-pirate', image: 'kaito-demo/own-pirate:1', imagePullSecrets: ['pull'] },
            strength: '0.25',
          },
          { source: { name: 'own-shout', image: 'kaito-demo/own-shout:1' } },
          {
            source: {
              name: 'from.a.volume',
              volumeSource: { persistentVolumeClaim: { claimName: 'tuned' } },
            },
            strength: '1.0',
          },
        ],
      },
    }),
    serving: preset({ model: demoModel }),
  }),

  'config-and-token': presetCase({
    workspace: workspace({
      name: 'configured',
      inference: {
        preset: { name: 'phi-4-mini-instruct', presetOptions: { modelAccessSecret: 'hf' } },
        config: 'my-inference-params',
      },
    }),
    serving: preset({ config: { name: 'my-inference-params', content: 'vllm:\n  max-model-len: 4096\n' } }),
  }),

  'three-nodes-pipeline-parallel': presetCase({
    workspace: workspace({
      name: 'llama',
      resource: { count: 3, labelSelector: { matchLabels: { apps: 'gpu-test' } } },
      inference: { preset: { name: 'llama-3.3-70b-instruct', presetOptions: { modelAccessSecret: 'hf' } } },
    }),
    serving: preset({
      model: modelRecord({
        name: 'llama-3.3-70b-instruct',
        source: { kind: 'huggingface', repository: 'meta-llama/Llama-3.3-70B-Instruct' },
      }),
      engineArguments: { 'tensor-parallel-size': 1, 'pipeline-parallel-size': 3 },
      startupBudgetSeconds: 3266,
    }),
    shape: { ...oneGpu, nodeCount: 3, pipelineParallelSize: 3 },
    workloadKind: 'StatefulSet',
  }),

  'weights-in-a-claim': presetCase({
    workspace: workspace({ name: 'claimed', inference: phi }),
    serving: preset({
      model: modelRecord({
        source: { kind: 'persistentVolumeClaim', claimName: 'models', path: 'phi-4-mini' },
      }),
    }),
  }),

  'node-selection': presetCase({
    workspace: workspace({
      name: 'placed',
      resource: {
        count: 1,
        instanceType: 'Standard_NC24ads_A100_v4',
        preferredNodes: ['gpu-2', 'gpu-1'],
        labelSelector: {
          matchLabels: { apps: 'gpu-test', 'kaito.sh/workspace': 'ignored' },
          matchExpressions: [
            { key: 'zone', operator: 'NotIn', values: ['b', 'c'] },
            { key: 'gpu-ready', operator: 'Exists' },
          ],
        },
      },
      inference: phi,
    }),
    nodeRequirements: [{ key: 'nvidia.com/gpu.product', operator: 'In', values: ['NVIDIA-A100-SXM4-80GB'] }],
  }),

  'load-balancer': presetCase({
    workspace: workspace({ name: 'exposed', annotations: { 'kaito.sh/enablelb': 'True' }, inference: phi }),
  }),

  template: presetCase({
    workspace: workspace({
      name: 'custom',
      resource: { count: 1, labelSelector: { matchLabels: { apps: 'gpu-test' } } },
      inference: {
        template: {
          metadata: { labels: { team: 'search' }, annotations: { note: 'kept' } },
          spec: {
            affinity: {
              podAntiAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: [
                  {
                    topologyKey: 'kubernetes.io/hostname',
                    labelSelector: { matchLabels: { team: 'search' } },
                  },
                ],
              },
            },
            containers: [
              {
                name: 'server',
                image: 'registry.example.com/server:1',
                command: ['serve'],
                ports: [{ containerPort: 5000 }],
              },
            ],
            tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
          },
        },
      },
    }),
    serving: { kind: 'template' },
    workloadAnnotations: { 'kaito.sh/plan': '{"reasons":["template"]}' },
  }),
};
