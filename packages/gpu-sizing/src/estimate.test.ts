import { describe, expect, test } from 'vitest';
import { bytesPerGiB } from './bytes.ts';
import { estimate } from './estimate.ts';
import { explain } from './explain.ts';
import { denseModel, factsOf } from './models.test.data.ts';
import type { EstimateRequest } from './request.ts';

function request(overrides: Partial<EstimateRequest> = {}): EstimateRequest {
  return {
    model: denseModel(),
    device: { kind: 'gpu', memoryBytes: 24 * bytesPerGiB, count: 1 },
    runtime: { engine: 'vllm', version: '0.32.0' },
    parallel: { tensor: 1, pipeline: 1, data: 1 },
    settings: {},
    ...overrides,
  };
}

function usable(overrides: Partial<EstimateRequest>): number | undefined {
  return estimate(request(overrides)).derivation.find(({ quantity }) => quantity === 'usable')?.value;
}

function share(part: number): number {
  return Math.floor(24 * bytesPerGiB * part);
}

test('what fits comes with its account', () => {
  expect(explain(estimate(request()))).toMatchInlineSnapshot(`
    "memory                      24.00 GiB  of one GPU
    usable                      22.08 GiB  0.92 of it
    weights                     14.00 GiB  tensors that a server keeps
    overhead                     3.00 GiB  2.3 GiB + 5 % of the weights
    KV cache                     5.08 GiB  usable - weights - overhead
    KV cache per token     131072 B/token  32 layers, keys and values of 8 heads of 128, 2 bytes each
    KV cache tokens          41615 tokens  KV cache / bytes per token"
  `);
});

test('the parts add up to the usable memory', () => {
  const { weightBytes = 0, overheadBytes = 0, kvCacheBytes = 0 } = estimate(request());
  expect(weightBytes + overheadBytes + kvCacheBytes).toBe(Math.floor(24 * bytesPerGiB * 0.92));
});

test('weights that leave no room do not fit, and the reason says so', () => {
  const sizing = estimate(request({ device: { kind: 'gpu', memoryBytes: 16 * bytesPerGiB, count: 1 } }));
  expect(sizing.verdict).toBe('doesNotFit');
  expect(sizing.reasons[0]).toMatch(
    /weights of 14\.00 GiB and overhead of 3\.00 GiB leave nothing of 14\.72 GiB/,
  );
});

test.each([
  [100_000, 'doesNotFit'],
  [20_000, 'fits'],
])('asked for %i tokens: %s', (maxModelLen, verdict) => {
  expect(estimate(request({ settings: { maxModelLen } })).verdict).toBe(verdict);
});

test('a model whose limit is below the least useful context needs only its limit', () => {
  const model = factsOf('own-tiny-qwen2');
  expect(estimate(request({ model }))).toMatchObject({ verdict: 'fits', maxModelLen: 1024 });
});

describe('a context longer than the model was made for', () => {
  const model = factsOf('own-tiny-qwen2');
  const settings = { maxModelLen: 4096 };

  test('is refused by vLLM, so it does not fit', () => {
    expect(estimate(request({ model, settings }))).toMatchObject({
      verdict: 'doesNotFit',
      reasons: ['a context of 4096 tokens exceeds the 1024 that the model was made for'],
    });
  });

  test('is left to llama.cpp', () => {
    const runtime = { engine: 'llamacpp', version: 'b11669' } as const;
    expect(estimate(request({ model, settings, runtime })).verdict).toBe('fits');
  });

  test('is not refused where rotary scaling has its own rule', () => {
    const stretched = {
      ...model,
      config: { ...model.config, rope_scaling: { rope_type: 'yarn', factor: 4 } },
    };
    const in029 = { engine: 'vllm', version: '0.29.0' } as const;
    expect(estimate(request({ model: stretched, settings, runtime: in029 })).verdict).toBe('fits');
    // From 0.30 vLLM takes the published length of YaRN models as stretched already.
    expect(estimate(request({ model: stretched, settings })).verdict).toBe('doesNotFit');
  });
});

describe('unknown, and never a guess,', () => {
  test('when facts are missing', () => {
    expect(estimate(request({ model: {} }))).toMatchObject({
      verdict: 'unknown',
      missing: ['storedWeightBytes', 'num_hidden_layers'],
    });
  });

  test('when the size of the GPU is missing', () => {
    expect(estimate(request({ device: { kind: 'gpu', count: 1 } }))).toMatchObject({
      verdict: 'unknown',
      missing: ['GPU memory'],
    });
  });

  test('when an upper bound does not fit', () => {
    const { loadedWeightBytes: _, ...model } = denseModel({ storedWeightBytes: 24 * bytesPerGiB });
    expect(estimate(request({ model }))).toMatchObject({
      verdict: 'unknown',
      missing: ['loadedWeightBytes'],
    });
  });

  test('but an upper bound that fits is a fit', () => {
    const { loadedWeightBytes: _, ...model } = denseModel({ storedWeightBytes: 14 * bytesPerGiB });
    expect(estimate(request({ model })).verdict).toBe('fits');
  });
});

describe('a CPU node', () => {
  test('is sized by its allocatable memory', () => {
    const device = { kind: 'cpu', allocatableMemoryBytes: 4 * bytesPerGiB } as const;
    expect(estimate(request({ device, model: factsOf('own-tiny-qwen2') })).verdict).toBe('fits');
    expect(estimate(request({ device })).verdict).toBe('doesNotFit');
  });

  test('of unknown size is unknown', () => {
    expect(estimate(request({ device: { kind: 'cpu' } })).missing).toEqual([
      'allocatable memory of the node',
    ]);
  });
});

describe('utilization', () => {
  test.each([
    ['0.32.0', 0.92],
    ['0.20.0', 0.92],
    ['0.19.1', 0.9],
  ])('vLLM %s takes %f of a GPU', (version, part) => {
    expect(usable({ runtime: { engine: 'vllm', version } })).toBe(share(part));
  });

  test('is what the user sets', () => {
    expect(usable({ settings: { gpuMemoryUtilization: 0.5 } })).toBe(share(0.5));
  });
});

test('more memory never fits less, and leaves no fewer tokens', () => {
  const tokens = Array.from({ length: 40 }, (_, index) => {
    const device = { kind: 'gpu', memoryBytes: (12 + index) * bytesPerGiB, count: 1 } as const;
    const { verdict, kvTokens = 0 } = estimate(request({ device }));
    return verdict === 'fits' ? kvTokens : 0;
  });
  expect(tokens).toEqual(tokens.toSorted((a, b) => a - b));
});
