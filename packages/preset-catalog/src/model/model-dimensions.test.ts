import { expect, test } from 'vitest';
import type { JsonObject } from '../json-value.ts';
import { readDimensions, type ModelDimensions } from './model-dimensions.ts';

const dialects: readonly (readonly [string, JsonObject, ModelDimensions])[] = [
  [
    'old names',
    { n_embd: 64, n_layer: 2, n_head: 4, n_positions: 128 },
    {
      hiddenSize: 64,
      layers: 2,
      attentionHeads: 4,
      keyValueHeads: 4,
      headDimension: 16,
      maxPositionEmbeddings: 128,
    },
  ],
  [
    'a nested language model, whose keys outweigh the outer ones',
    { hidden_size: 1, text_config: { hidden_size: 64, num_attention_heads: 4 }, tie_word_embeddings: true },
    { hiddenSize: 64, attentionHeads: 4, keyValueHeads: 4, headDimension: 16, tieWordEmbeddings: true },
  ],
  [
    'a head of its own width',
    { hidden_size: 64, num_attention_heads: 4, head_dim: 32 },
    { hiddenSize: 64, attentionHeads: 4, keyValueHeads: 4, headDimension: 32 },
  ],
  [
    'one shared key-value head',
    { num_attention_heads: 71, multi_query: true },
    { attentionHeads: 71, keyValueHeads: 1 },
  ],
  [
    "Falcon's newer layout",
    { num_attention_heads: 128, num_kv_heads: 8, multi_query: true, new_decoder_architecture: true },
    { attentionHeads: 128, keyValueHeads: 8 },
  ],
  ['layers told by their kinds', { layers_block_type: ['mamba', 'attention', 'moe'] }, { layers: 3 }],
  ['layers told by letters', { hybrid_override_pattern: 'M*E' }, { layers: 3 }],
  [
    'latent attention, whose heads have no quotient',
    { hidden_size: 7168, num_attention_heads: 128, kv_lora_rank: 512 },
    { hiddenSize: 7168, attentionHeads: 128, keyValueHeads: 128 },
  ],
  [
    'a width that heads do not divide',
    { hidden_size: 10, num_attention_heads: 4 },
    { hiddenSize: 10, attentionHeads: 4, keyValueHeads: 4 },
  ],
  ['numbers written as texts are no numbers', { hidden_size: '64' }, {}],
  ['either name of the type', { torch_dtype: 'torch.bfloat16' }, { dtype: 'bfloat16' }],
];

test.each(dialects)('reads %s', (_name, config, expected) => {
  expect(readDimensions({ config })).toEqual(expected);
});

test('knows nothing without a config', () => {
  expect(readDimensions({})).toEqual({});
});
