import { describe, expect, test } from 'vitest';
import { bytesPerGiB } from './bytes.ts';
import { estimate } from './estimate.ts';
import { denseModel, factsOf } from './models.test.data.ts';
import type { EstimateRequest, SizingSettings } from './request.ts';
import type { Sizing } from './sizing.ts';

const mebibyte = 2 ** 20;

function on(engine: EstimateRequest['runtime']['engine'], settings: SizingSettings = {}, gib = 32): Sizing {
  return estimate({
    model: denseModel(),
    device: { kind: 'cpu', allocatableMemoryBytes: gib * bytesPerGiB },
    runtime: { engine, version: '1' },
    parallel: { tensor: 1, pipeline: 1, data: 1 },
    settings,
  });
}

/** Sum of VmRSS over the process tree with tools/demo-model, after one chat completion; see runtime-account.ts. */
describe.each([
  ['transformers', {}, 796],
  ['llamacpp', { maxModelLen: 8192 }, 120],
  ['llamacpp', { maxModelLen: 1024 }, 114],
] as const)('%s with %j', (engine, settings, measuredMiB) => {
  test(`holds what a real process of ${measuredMiB} MiB does, and not much more`, () => {
    const model = factsOf('own-tiny-qwen2');
    const { processBytes = 0 } = estimate({
      model,
      device: { kind: 'cpu', allocatableMemoryBytes: 4 * bytesPerGiB },
      runtime: { engine, version: '1' },
      parallel: { tensor: 1, pipeline: 1, data: 1 },
      settings,
    });
    expect(processBytes / mebibyte).toBeGreaterThanOrEqual(measuredMiB);
    expect(processBytes / mebibyte).toBeLessThan(measuredMiB * 1.1);
  });
});

describe('llama.cpp', () => {
  test('allocates its whole context at the start', () => {
    const [short, long] = [on('llamacpp', { maxModelLen: 4096 }), on('llamacpp', { maxModelLen: 8192 })];
    expect((long.processBytes ?? 0) - (short.processBytes ?? 0)).toBe(4096 * 131_072);
    expect(on('llamacpp').processBytes).toBe(long.processBytes);
  });

  test('has a compute buffer for one batch, smaller with smaller batches', () => {
    const [whole, half] = [on('llamacpp'), on('llamacpp', { maxNumBatchedTokens: 256 })];
    expect((whole.overheadBytes ?? 0) - (half.overheadBytes ?? 0)).toBe(256 * (128_256 + 4096) * 4);
  });

  test('keeps keys and values in the type that is set', () => {
    const { kvBytesPerToken } = on('llamacpp', { kvCacheDtype: 'q8_0' });
    expect(kvBytesPerToken).toBe((131_072 / 2) * (34 / 32));
  });
});

describe('transformers', () => {
  test('holds weights and cache in the type that is set', () => {
    const [own, wide] = [on('transformers'), on('transformers', { dtype: 'float32' }, 64)];
    expect(wide.weightBytes).toBe(2 * (own.weightBytes ?? 0));
    expect(wide.kvBytesPerToken).toBe(2 * (own.kvBytesPerToken ?? 0));
  });

  test('needs more beside the weights for longer prompts', () => {
    const [short, long] = [on('transformers'), on('transformers', { maxModelLen: 16_384 })];
    expect(long.overheadBytes ?? 0).toBeGreaterThan(short.overheadBytes ?? 0);
  });
});

test('as many requests as are wanted at once must fit', () => {
  const settings = { maxModelLen: 8192, concurrency: 16 };
  expect(on('llamacpp', settings, 24).verdict).toBe('doesNotFit');
  expect(on('llamacpp', settings, 64)).toMatchObject({ verdict: 'fits' });
  expect(on('llamacpp', settings, 64).maxConcurrency).toBeGreaterThan(16);
});
