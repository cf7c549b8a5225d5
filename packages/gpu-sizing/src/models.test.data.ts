import { embeddedCatalogue, type ModelFacts } from '@kaito-ts/preset-catalog';

export const catalogue: ReturnType<typeof embeddedCatalogue> = embeddedCatalogue();

/** Facts of a catalogue model. */
export function factsOf(name: string): ModelFacts {
  const resolution = catalogue.resolve(name);
  if (resolution.kind === 'unknown') throw new Error(resolution.message);
  return resolution.record.facts;
}

/** A dense model of 14 GiB with 32 heads, 8 of them for keys and values, and 128 KiB of cache per token. */
export function denseModel(overrides: Partial<ModelFacts> = {}): ModelFacts {
  return {
    loadedWeightBytes: 14 * 1024 ** 3,
    config: {
      architectures: ['LlamaForCausalLM'],
      hidden_size: 4096,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      vocab_size: 128_256,
      max_position_embeddings: 131_072,
      torch_dtype: 'bfloat16',
    },
    ...overrides,
  };
}
