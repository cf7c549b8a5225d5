import { describe, expect, test } from 'vitest';
import { kvBytesPerToken } from './key-value-cache.ts';
import { catalogue, denseModel, factsOf } from './models.test.data.ts';
import type { ParallelShape } from './request.ts';

const alone: ParallelShape = { tensor: 1, pipeline: 1, data: 1 };

describe('bytes per token that vLLM itself counts', () => {
  test.each([
    ['llama-3.1-8b-instruct', 131_072],
    ['qwen2.5-coder-7b-instruct', 57_344],
    ['deepseek-r1-0528', 70_272],
    ['kimi-k2.5', 70_272],
    ['qwen3.8-27b', 65_536],
    ['nvidia-nemotron-3-super-120b-a12b-bf16', 8192],
    ['falcon-7b', 8192],
    ['own-tiny-qwen2', 768],
  ])('%s: %i', (name, expected) => {
    expect(kvBytesPerToken(factsOf(name), alone, 'auto')).toMatchObject({
      kind: 'known',
      value: expected,
      bound: 'exact',
    });
  });
});

test.each([
  [{ tensor: 8, pipeline: 1, data: 1 }, 131_072 / 8],
  [{ tensor: 16, pipeline: 1, data: 1 }, 131_072 / 8],
  [{ tensor: 2, pipeline: 2, data: 1 }, 131_072 / 4],
  [{ tensor: 1, pipeline: 1, data: 8 }, 131_072],
])('heads are spread over ranks, at least one on each: %o', (parallel, expected) => {
  expect(kvBytesPerToken(denseModel(), parallel, 'auto')).toMatchObject({ value: expected });
});

test('a latent is whole on every tensor-parallel rank', () => {
  expect(kvBytesPerToken(factsOf('deepseek-v3-0324'), { ...alone, tensor: 8 }, 'auto')).toMatchObject({
    value: 70_272,
  });
});

test('an 8-bit cache takes half', () => {
  expect(kvBytesPerToken(denseModel(), alone, 'fp8')).toMatchObject({ value: 65_536 });
});

test('sliding windows are counted from above, and windows wider than the context are none', () => {
  expect(kvBytesPerToken(factsOf('gemma-3-27b-it'), alone, 'auto')).toMatchObject({
    value: 507_904,
    bound: 'upper',
  });
  expect(kvBytesPerToken(factsOf('phi-4-mini-instruct'), alone, 'auto')).toMatchObject({
    value: 131_072,
    bound: 'exact',
  });
});

test.each([
  ['no config', {}, 'num_hidden_layers'],
  ['no heads', { config: { num_hidden_layers: 2 } }, 'num_key_value_heads'],
  ['no head size', { config: { num_hidden_layers: 2, num_attention_heads: 4 } }, 'head_dim'],
])('%s: says what is missing', (_what, model, missing) => {
  expect(kvBytesPerToken(model, alone, 'auto')).toEqual({ kind: 'unknown', missing: [missing] });
});

test('what it has no rule for is unknown', () => {
  const compressed = kvBytesPerToken(factsOf('deepseek-v4-pro'), alone, 'auto');
  expect(compressed).toMatchObject({
    kind: 'unknown',
    missing: [expect.stringContaining('compress_ratios')],
  });
  expect(kvBytesPerToken(denseModel(), alone, 'nvfp4')).toMatchObject({ kind: 'unknown' });
});

test('every model of the catalogue has a cost or a reason', () => {
  for (const { facts } of catalogue.models) {
    const known = kvBytesPerToken(facts, alone, 'auto');
    expect(known.kind === 'known' ? known.value : known.missing.length).toBeGreaterThan(0);
  }
});
