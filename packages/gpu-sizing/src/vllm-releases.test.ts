import { readFileSync } from 'node:fs';
import type { JsonObject } from '@kaito-ts/preset-catalog';
import { describe, expect, test } from 'vitest';
import { size } from './size.ts';

interface Answer {
  readonly name: string;
  readonly tp: number;
  readonly maxModelLen: number;
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  readonly weightBytesPerRank?: number;
  readonly bytesPerBlock?: number;
  readonly blocksPerRequest?: number;
  readonly kvCacheDtype?: string;
}

interface Shapes {
  readonly families: readonly {
    readonly name: string;
    readonly config: JsonObject;
    readonly maxModelLen?: number;
  }[];
}

interface Releases {
  readonly releases: readonly { readonly vllm: string; readonly answers: readonly Answer[] }[];
}

function textOf(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8');
}

const { families } = JSON.parse(textOf('vllm-shapes.test.json')) as Shapes;
const { releases } = JSON.parse(textOf('vllm-releases.test.json')) as Releases;
const familyOf = new Map(families.map((family) => [family.name, family]));
const h100 = { name: 'NVIDIA H100 80GB HBM3', memoryBytes: 85_017_493_504, computeCapability: 9 };

/** As in the newest release: made after loading, or too small to model. */
const looser: Readonly<Record<string, number>> = {
  'glm-4.7-flash': 0.008,
  'zamba2-7b': 0.009,
  'gemma-3-1b': 0.035,
  'whisper-large-v3': 0.14,
  gpt2: 0.025,
  'smollm3-3b': 0.006,
  'opt-1.3b': 0.011,
  'Qwen/Qwen3-8B-AWQ': 0.18,
  'Qwen/Qwen3.6-35B-A3B-FP8': 0.013,
  'google/gemma-3-4b-it': 0.01,
};

describe.each(releases)('vLLM $vllm itself', ({ vllm, answers }) => {
  test.each(answers)('$name over $tp ranks', ({ name, tp, weightBytesPerRank, kvCacheDtype, ...told }) => {
    const family = familyOf.get(name);
    const found = size({
      config: family?.config ?? {},
      device: h100,
      runtimeVersion: vllm,
      tensorParallelSize: tp,
      maxModelLen: family?.maxModelLen,
      kvCacheMemoryBytes: 60 * 1024 ** 3,
      kvCacheDtype,
    });
    expect(found).toMatchObject(told);
    if (weightBytesPerRank === undefined) return;
    const error = Math.abs(found.weightBytes.value / weightBytesPerRank - 1);
    expect(error).toBeLessThan(looser[name] ?? 0.004);
  });
});
