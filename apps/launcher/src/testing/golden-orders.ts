import type { Delivery, EngineName } from '../engines/engine.ts';

/** What Workspaces ask for in practice; the command lines made of it are kept in fixtures/golden-commands.json. */
export interface GoldenOrder {
  readonly name: string;
  readonly engine: EngineName;
  readonly config?: string;
  readonly engineArguments?: Readonly<Record<string, unknown>>;
  readonly delivery?: Delivery;
}

const adapted: Delivery = {
  kind: 'peftModules',
  model: '/workspace/weights/model',
  rank: 16,
  modules: [
    { name: 'phi-4', path: '/kaito-work/adapters/fused' },
    { name: 'pirate', path: '/kaito-work/adapters/alone-pirate' },
  ],
};

export const goldenOrders: readonly GoldenOrder[] = [
  { name: 'vllm: nothing asked for', engine: 'vllm' },
  {
    name: 'vllm: what the operator plans for two GPUs',
    engine: 'vllm',
    engineArguments: {
      'max-model-len': 'auto',
      'gpu-memory-utilization': 0.84,
      'tensor-parallel-size': 2,
      'kv-events-config': { enable_kv_cache_events: true },
      'compilation-config.pass_config.fuse_allreduce_rms': false,
      dtype: 'bfloat16',
      'trust-remote-code': true,
      'tool-call-parser': 'hermes',
      'enable-auto-tool-choice': true,
    },
  },
  { name: 'vllm: adapters', engine: 'vllm', delivery: adapted },
  {
    name: 'vllm: adapters, a larger rank and more slots',
    engine: 'vllm',
    delivery: adapted,
    config: 'vllm:\n  max-lora-rank: 64\n  max-loras: 2\n  enable-lora: true\n',
  },
  {
    name: 'vllm: upstream’s documented configuration',
    engine: 'vllm',
    config: [
      'max_probe_steps: 6',
      'vllm:',
      '  cpu-offload-gb: 0',
      '  gpu-memory-utilization: 0.95',
      '  swap-space: 4',
      '  max-model-len: 131072',
      '  tensor-parallel-size: 2',
      '  max-seq-len-to-capture: 8192',
      '  num-scheduler-steps: 1',
      '  enable-chunked-prefill: true',
      '  chat-template: /workspace/chat_templates/tool-chat-phi4-mini.jinja',
      '  tool-call-parser: phi4_mini_json',
      '',
    ].join('\n'),
  },
  {
    name: 'vllm: every kind of value',
    engine: 'vllm',
    config: [
      'vllm:',
      '  max_model_len: 32K',
      '  max-num-batched-tokens: 8192',
      '  enable-prefix-caching: false',
      '  no-enable-chunked-prefill: true',
      '  enforce-eager: "True"',
      '  cudagraph-capture-sizes: [1, 2, 4]',
      '  allowed-origins: ["https://a.example"]',
      '  hf-overrides: { rope_scaling: { rope_type: yarn, factor: 4.0 } }',
      '  override-generation-config: \'{"temperature": 0.2}\'',
      '  seed: -1',
      '  uvicorn-log-level: error',
      '  chat-template: "{{ messages[0].content }}"',
      '',
    ].join('\n'),
  },
  {
    name: 'vllm: a generating model told to embed',
    engine: 'vllm',
    config:
      'vllm:\n  runner: pooling\n  convert: embed\n  pooler-config: { task: token_embed }\n  pooler-config.use_activation: false\n',
  },
  {
    name: 'transformers: with flags',
    engine: 'transformers',
    config:
      'transformers:\n  dtype: float32\n  continuous-batching: true\n  trust-remote-code: false\n  default-seed: 1\n',
  },
  {
    name: 'llamacpp: with flags',
    engine: 'llamacpp',
    delivery: {
      kind: 'ggufAdapter',
      model: '/workspace/weights/model/model.gguf',
      file: '/kaito-work/adapters/fused.gguf',
    },
    config: 'llamacpp:\n  ctx-size: 512\n  parallel: 2\n  flash-attn: auto\n  cont-batching: false\n',
  },
];
