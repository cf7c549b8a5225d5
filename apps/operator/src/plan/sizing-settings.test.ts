import { embeddedCatalogue, type ModelRecord } from '@kaito-ts/preset-catalog';
import { expect, test } from 'vitest';
import { models, workspace } from './builders.test.data.ts';
import { planServing } from './serving.ts';
import { parseWorkspace } from '@kaito-ts/api-types';

const catalogue = embeddedCatalogue().withModels(models);

function settingsOf(config: string, model: Partial<ModelRecord> = {}, adapters = 0): unknown {
  const small = models.find(({ name }) => name === 'small');
  if (small === undefined) throw new Error('no model');
  const inference = {
    preset: { name: 'small' },
    config: 'flags',
    ...(adapters > 0 && {
      adapters: Array.from({ length: adapters }, (_, index) => ({
        source: { name: `adapter-${index}`, image: 'registry.example.com/adapter:1' },
      })),
    }),
  };
  const parsed = parseWorkspace(workspace({ inference }));
  if (!parsed.ok) throw new Error(parsed.issues[0]?.message);
  const serving = planServing(
    parsed.value,
    { name: 'flags', state: 'present', content: config },
    {
      catalogue: catalogue.withModels([{ ...small, ...model }]),
      defaultRuntime: 'vllm',
      runtimeImages: new Map(),
    },
  );
  if (!serving.ok) throw new Error(serving.cause.cause);
  return serving.value.kind === 'preset' ? serving.value.settings : undefined;
}

test.each([
  ['max-model-len: 8K', { maxModelLen: 8192 }],
  ['max_model_len: auto', {}],
  ['gpu-memory-utilization: 0.7', { gpuMemoryUtilization: 0.7 }],
  ['max-num-seqs: "64"', { maxNumSeqs: 64 }],
  ['max-num-batched-tokens: 4096', { maxNumBatchedTokens: 4096 }],
  ['kv_cache_dtype: fp8', { kvCacheDtype: 'fp8' }],
  ['enforce-eager: true', { enforceEager: true }],
  ['no-enable-prefix-caching: true', { enablePrefixCaching: false }],
  ['quantization: fp8', { quantization: 'fp8' }],
  ['dtype: float16', { dtype: 'float16' }],
  ['cpu-offload-gb: 4', { cpuOffloadBytes: 4 * 2 ** 30 }],
  ['kv-cache-memory-bytes: 2g', { kvCacheMemoryBytes: 2e9 }],
  ['speculative-config: { method: mtp, num_speculative_tokens: 3 }', { speculativeTokens: 3 }],
  ['speculative-config.num_speculative_tokens: 2', { speculativeTokens: 2 }],
  ['enable-expert-parallel: true', { expertParallel: true }],
  ['tensor-parallel-size: 2', { tensorParallelSize: 2 }],
  ['{ enable-lora: true, max-loras: 2, max-lora-rank: 64 }', { loraSlots: 2, loraRank: 64 }],
])('%s', (flags, settings) => {
  const section = flags.startsWith('{') ? `vllm: ${flags}` : `vllm:\n  ${flags}`;
  expect(settingsOf(section)).toEqual(settings);
});

test('the record’s own flags count, and the config wins over them', () => {
  const model = {
    dtype: 'bfloat16',
    engineArguments: { vllm: { 'kv-cache-dtype': 'fp8', 'max-num-seqs': 8 } },
  };
  expect(settingsOf('vllm:\n  max-num-seqs: 16', model)).toEqual({
    dtype: 'bfloat16',
    kvCacheDtype: 'fp8',
    maxNumSeqs: 16,
  });
});

test.each([
  [1, 'vllm: {}', { loraSlots: 1, loraRank: 16 }],
  [3, 'vllm: {}', { loraSlots: 1, loraRank: 64 }],
  [1, 'vllm: { max-lora-rank: 128, max-loras: 2 }', { loraSlots: 2, loraRank: 128 }],
])('%i adapters with %s take slots', (adapters, config, settings) => {
  expect(settingsOf(config, {}, adapters)).toEqual(settings);
});
