import { embeddedRuntimes, flagsInForce } from '@kaito-ts/preset-catalog';
import { expect, test } from 'vitest';
import type { SizingSettings } from './request.ts';
import { settingsOfFlags } from './settings-of-flags.ts';

function settings(engine: 'vllm' | 'transformers' | 'llamacpp', flags: object): SizingSettings {
  const table = embeddedRuntimes().find(engine);
  if (table === undefined) throw new Error(`no ${engine}`);
  return settingsOfFlags(engine, flagsInForce(table, [{ ...flags }]));
}

test.each([
  ['llamacpp', { 'ctx-size': 4096, 'ubatch-size': 128 }, { maxModelLen: 4096, maxNumBatchedTokens: 128 }],
  ['llamacpp', { c: 512 }, { maxModelLen: 512 }],
  ['llamacpp', { 'cache-type-k': 'q8_0', 'cache-type-v': 'q4_0' }, { kvCacheDtype: 'q8_0' }],
  ['llamacpp', { 'cache-type-k': 'q8_0' }, { kvCacheDtype: 'f16' }],
  ['transformers', { dtype: 'float32' }, { dtype: 'float32' }],
  ['transformers', { dtype: 'auto' }, {}],
  ['vllm', { 'max-model-len': '32K', 'max-num-seqs': '64' }, { maxModelLen: 32_768, maxNumSeqs: 64 }],
  ['vllm', { 'max-loras': 4 }, {}],
  [
    'vllm',
    { 'speculative-config': { model: 'acme/draft', num_speculative_tokens: 4 } },
    { speculativeTokens: 4, draftModel: 'acme/draft' },
  ],
  ['vllm', { host: 'x', 'no-such-flag': 1, 'gpu-memory-utilization': 'much' }, {}],
] as const)('%s %j', (engine, flags, expected) => {
  expect(settings(engine, flags)).toEqual(expected);
});
