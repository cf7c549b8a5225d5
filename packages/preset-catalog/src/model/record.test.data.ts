import type { ModelRecord } from './model-record.ts';

/** A small record with everything a planner needs. */
export function record(overrides: Partial<ModelRecord> = {}): ModelRecord {
  return {
    name: 'tiny-llama',
    aliases: [],
    source: { kind: 'huggingface', repository: 'example/Tiny-Llama' },
    facts: { config: completeConfig, storedWeightBytes: 1_000_000 },
    runtimes: ['vllm'],
    ...overrides,
  };
}

export const completeConfig: Readonly<Record<string, string | number | boolean | readonly string[]>> = {
  architectures: ['LlamaForCausalLM'],
  hidden_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 100,
  max_position_embeddings: 512,
};
