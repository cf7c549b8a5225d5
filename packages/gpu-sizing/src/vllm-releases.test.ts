import { readFileSync } from 'node:fs';
import type { JsonObject } from '@kaito-ts/preset-catalog';
import { describe, expect, test } from 'vitest';
import { size } from './size.ts';
import { oracleCacheBytes, oracleDevice, weightTolerance } from './vllm-oracle.test.data.ts';

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

describe.each(releases)('vLLM $vllm itself', ({ vllm, answers }) => {
  test.each(answers)('$name over $tp ranks', ({ name, tp, weightBytesPerRank, kvCacheDtype, ...told }) => {
    const family = familyOf.get(name);
    const found = size({
      config: family?.config ?? {},
      device: oracleDevice,
      runtimeVersion: vllm,
      tensorParallelSize: tp,
      maxModelLen: family?.maxModelLen,
      kvCacheMemoryBytes: oracleCacheBytes,
      kvCacheDtype,
    });
    expect(found).toMatchObject(told);
    if (weightBytesPerRank === undefined) return;
    const error = Math.abs(found.weightBytes.value / weightBytesPerRank - 1);
    expect(error).toBeLessThan(weightTolerance(name));
  });
});
