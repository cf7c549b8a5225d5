import { describe, expect, test } from 'vitest';
import { bytesPerGiB } from './bytes.ts';
import { catalogue } from './models.test.data.ts';
import { planShape } from './plan-shape.ts';
import { size } from './size.ts';
import type { Size, SizeRequest } from './size-request.ts';

const llama = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14_336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128_256,
  max_position_embeddings: 131_072,
  torch_dtype: 'bfloat16',
} as const;

function sized(overrides: Partial<SizeRequest> = {}): Size {
  return size({
    config: llama,
    weightsBytes: 16_060_522_496,
    device: { name: 'NVIDIA H100 80GB HBM3', memoryBytes: 79.19 * bytesPerGiB, computeCapability: 9 },
    runtimeVersion: '0.19.0',
    gpuMemoryUtilization: 0.95,
    maxModelLen: 8192,
    ...overrides,
  });
}

/** Models of the catalogue whose facts are complete enough for the whole account. */
const complete = catalogue.models.filter(({ facts: { config, storedWeightBytes } }) => {
  if (config === undefined || storedWeightBytes === undefined) return false;
  try {
    return (
      size({
        config,
        device: { name: 'H200', memoryBytes: 140e9, computeCapability: 9 },
        runtimeVersion: '0.32.0',
      }).unknown.length === 0
    );
  } catch {
    return false;
  }
});

test('Llama-3.1-8B on an H100 with vLLM 0.19, as its log printed it', () => {
  const own = sized();
  expect(own.weightBytes.value / bytesPerGiB).toBeCloseTo(14.99, 2);
  expect(own.kvCacheBytes.value / bytesPerGiB).toBeCloseTo(58.11, 1);
  expect(own.kvTokens.value).toBeGreaterThan(475_000);
});

test('the catalogue is covered', () => {
  expect(complete.length).toBeGreaterThan(50);
});

describe('for every complete model of the catalogue', () => {
  test.each(complete)('$name', ({ facts: { config = {}, storedWeightBytes } }) => {
    const at = (gib: number, maxModelLen: number): Size =>
      size({
        config,
        weightsBytes: storedWeightBytes,
        device: { name: 'GPU', memoryBytes: gib * bytesPerGiB, computeCapability: 9 },
        runtimeVersion: '0.32.0',
        tensorParallelSize: 2,
        maxModelLen,
        maxNumSeqs: 64,
        maxNumBatchedTokens: 2048,
      });
    const sizes = [24, 48, 69, 100, 150, 400];
    const fits = sizes.map((gib) => at(gib, 2048).fits);
    expect(fits, 'more memory never fits less').toEqual(fits.toSorted((a, b) => Number(a) - Number(b)));
    const concurrencies = [1024, 2048, 4096, 16_384].map((length) => at(400, length).maxConcurrency.value);
    expect(concurrencies, 'longer requests never run in greater number').toEqual(
      concurrencies.toSorted((a, b) => b - a),
    );
    const own = at(1200, 2048);
    const parts =
      own.weightBytes.value +
      own.activationBytes.value +
      own.nonTorchBytes.value +
      own.reservedGraphBytes.value +
      own.kvCacheBytes.value;
    expect(parts, 'the parts are the budget').toBeCloseTo(own.budgetBytes, -1);
  });
});

test('no plan has a tensor parallel size that vLLM refuses', () => {
  for (const { facts } of complete) {
    const plan = planShape({
      model: facts,
      nodes: [{ kind: 'gpu', count: 8, memoryBytes: 80e9, model: 'NVIDIA H100 80GB HBM3' }],
      runtime: { engine: 'vllm', version: '0.32.0' },
      settings: {},
    });
    if (plan.verdict !== 'fits') continue;
    const again = size({
      config: facts.config ?? {},
      weightsBytes: facts.storedWeightBytes,
      device: { name: 'NVIDIA H100 80GB HBM3', memoryBytes: 80e9, computeCapability: 9 },
      runtimeVersion: '0.32.0',
      tensorParallelSize: plan.tensorParallelSize,
      pipelineParallelSize: plan.pipelineParallelSize,
      dataParallelSize: plan.dataParallelSize,
      expertParallel: plan.expertParallel,
      maxModelLen: Math.min(2048, plan.maxModelLen ?? 2048),
    });
    expect(again.reasons).toEqual([]);
  }
});

test('kv-cache-memory-bytes replaces the whole budget', () => {
  const own = sized({ kvCacheMemoryBytes: 2 ** 30 });
  expect(own.kvCacheBytes).toEqual({ value: 2 ** 30, low: 2 ** 30, high: 2 ** 30 });
});

test.each([
  [{ tensorParallelSize: 3 }, /does not divide 32 attention heads/],
  [{ tensorParallelSize: 32, pipelineParallelSize: 64 }, /exceeds 32 layers/],
  [{ maxModelLen: 200_000 }, /exceeds the 131072 that vLLM derives/],
  [{ gpuMemoryUtilization: 1 }, /more than the .* that are free/],
  [
    { device: { name: 'L4', memoryBytes: 22 * bytesPerGiB, computeCapability: 8.9 }, maxModelLen: 131_072 },
    /the longest that fits is/,
  ],
  [{ device: { name: 'T4', memoryBytes: 15 * bytesPerGiB, computeCapability: 7.5 } }, /exceed/],
  [
    {
      config: { ...llama, quantization_config: { quant_method: 'mxfp4' } },
      device: { name: 'T4', memoryBytes: 79 * bytesPerGiB, computeCapability: 7.5 },
    },
    /needs compute capability 8/,
  ],
] as const)('refused: %j', (overrides, reason) => {
  const own = sized(overrides);
  expect(own.fits).toBe(false);
  expect(own.reasons.join('\n')).toMatch(reason);
});

test('a length beyond the config is a warning where vLLM is told to allow it', () => {
  const own = sized({ maxModelLen: 200_000, allowLongMaxModelLen: true });
  expect(own.fits).toBe(true);
  expect(own.warnings.join('\n')).toMatch(/exceeds the 131072 .*VLLM_ALLOW_LONG_MAX_MODEL_LEN=1/);
});

test('where all hinges on a sampler that the release does not tell, the account is that of the one that starts', () => {
  const memoryBytes = 19.2 * bytesPerGiB;
  const device = { name: 'L4', memoryBytes, computeCapability: 8.9 };
  const tight = { device, maxNumSeqs: 512, gpuMemoryUtilization: 0.9, maxModelLen: 2048 };
  const before = sized({ ...tight, runtimeVersion: '0.11.0' });
  expect(before.fits).toBe(true);
  expect(before.warnings.join('\n')).toMatch(/only where FlashInfer's sampler is installed/);
  expect(sized({ ...tight, runtimeVersion: '0.16.0' }).fits).toBe(false);
});

test.each([
  [{ runtimeVersion: '0.9.2' }, 'UNSUPPORTED_VERSION', 'runtimeVersion'],
  [{ tensorParallelSize: 0 }, 'BAD_INPUT', 'tp'],
  [{ maxModelLen: -5 }, 'BAD_INPUT', 'maxModelLen'],
  [{ gpuMemoryUtilization: 1.5 }, 'BAD_INPUT', 'gpuMemoryUtilization'],
  [{ weightsBytes: -1 }, 'BAD_INPUT', 'weightsBytes'],
  [{ config: { ...llama, hidden_size: '4096' } }, 'BAD_INPUT', 'hidden_size'],
  [{ config: { ...llama, architectures: null } }, 'MISSING_KEY', 'architectures'],
  [{ config: { architectures: ['LlamaForCausalLM'] } }, 'MISSING_KEY', 'hidden_size'],
] as const)('%j is refused by its key', (overrides, code, key) => {
  expect(() => sized(overrides)).toThrow(expect.objectContaining({ code, key }) as Error);
});

test('layouts that are not understood are named, not guessed silently', () => {
  const strange = { ...llama, layer_types: Array.from({ length: 32 }, () => 'quantum_attention') };
  expect(sized({ config: strange }).unknown).toContain('layer_types');
  const odd = { ...llama, quantization_config: { quant_method: 'telepathy' } };
  expect(sized({ config: odd }).unknown).toContain('quantization_config');
});
