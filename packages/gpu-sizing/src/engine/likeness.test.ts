import { describe, expect, test } from 'vitest';
import { bytesPerGiB } from '../bytes.ts';
import type { Interval } from '../interval.ts';
import { catalogue } from '../models.test.data.ts';
import type { Size, SizeRequest } from '../size-request.ts';
import { size } from '../size.ts';
import { measured } from './measured.ts';

const h100 = { name: 'NVIDIA H100', memoryBytes: 79.19 * bytesPerGiB, computeCapability: 9 };
const dense = {
  architectures: ['Qwen3ForCausalLM'],
  model_type: 'qwen3',
  hidden_size: 4096,
  intermediate_size: 12_288,
  num_hidden_layers: 36,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  head_dim: 128,
  vocab_size: 151_936,
  max_position_embeddings: 40_960,
  torch_dtype: 'bfloat16',
} as const;

function sized(overrides: Partial<SizeRequest> = {}): Size {
  return size({ config: dense, device: h100, runtimeVersion: '0.30.0', ...overrides });
}

function width({ low, high }: Interval): number {
  return high - low;
}

function how(found: Size, quantity: string): string {
  return found.derivation.find((step) => step.quantity === quantity)?.how ?? '';
}

const without = (kind: string): Size =>
  sized({ measured: { kinds: new Set([...measured.kinds].filter((own) => own !== kind)) } });

test('every constant lies within its bounds', () => {
  const { kinds, versions, ...constants } = measured;
  expect([kinds.size, versions.size]).not.toContain(0);
  for (const { value, low, high } of Object.values(constants))
    expect([low, value, high]).toEqual([low, value, high].toSorted((a, b) => a - b));
});

describe('what was measured is told apart from what was not', () => {
  const seen = sized();

  test('a start like those measured says nothing of the kind', () => {
    expect(seen.derivation.map((step) => step.how).join('\n')).not.toMatch(/measured/);
  });

  test('a kind of layers that no start had widens the peak and the graphs, and moves no estimate', () => {
    const unseen = without('second runner: attention');
    expect(unseen.kvCacheBytes.value).toBe(seen.kvCacheBytes.value);
    expect(width(unseen.activationBytes)).toBeGreaterThan(width(seen.activationBytes));
    expect(width(unseen.reservedGraphBytes)).toBeGreaterThan(width(seen.reservedGraphBytes));
    expect(width(unseen.nonTorchBytes)).toBe(width(seen.nonTorchBytes));
    for (const quantity of ['torch peak', 'CUDA graphs'])
      expect(how(unseen, quantity)).toContain('no start of this kind was measured');
  });

  test('a release that no start had widens what is outside torch and the graphs', () => {
    const unseen = sized({ measured: { versions: new Set(['0.29']) } });
    expect(unseen.kvCacheBytes.value).toBe(seen.kvCacheBytes.value);
    expect(width(unseen.nonTorchBytes)).toBeGreaterThan(width(seen.nonTorchBytes));
    expect(width(unseen.activationBytes)).toBe(width(seen.activationBytes));
    for (const quantity of ['non-torch', 'CUDA graphs'])
      expect(how(unseen, quantity)).toContain('no start of vLLM 0.30 was measured');
  });

  test('so does a generation of GPUs that was hardly measured', () => {
    const unseen = sized({ device: { ...h100, name: 'GPU', computeCapability: 12 } });
    expect(width(unseen.nonTorchBytes)).toBeGreaterThan(width(seen.nonTorchBytes));
    expect(how(unseen, 'non-torch')).toContain('this generation of GPUs was hardly measured');
  });
});

test("the compiler's segment stays where the residual stream leaves no room for cuBLAS's workspace", () => {
  const wide = how(sized(), 'torch peak');
  const narrow = how(sized({ maxNumBatchedTokens: 2048 }), 'torch peak');
  expect(wide).toContain('may stay reserved');
  expect(narrow).toContain('GiB stays reserved');
});

test('a Mamba-2 hybrid, of which no start was measured, says so', () => {
  const hybrid = catalogue.models.find(({ facts }) => {
    const { config, storedWeightBytes } = facts;
    return storedWeightBytes !== undefined && config?.['model_type'] === 'nemotron_h';
  });
  const found = sized({ config: hybrid?.facts.config ?? {}, tensorParallelSize: 8 });
  expect(how(found, 'torch peak')).toMatch(/no start of this kind was measured \(second runner: .*mamba2/);
});
