import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '@kaito-ts/preset-catalog';
import { size } from './size.ts';
import type { Size } from './size-request.ts';

interface Answer {
  readonly tp: number;
  readonly refused?: boolean;
  readonly maxModelLen: number;
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  readonly weightBytesPerRank: number;
  readonly bytesPerBlock?: number;
  readonly blocksPerRequest?: number;
}

interface Family {
  readonly name: string;
  readonly config: JsonObject;
  readonly maxModelLen?: number;
  readonly answers: readonly Answer[];
}

const { vllm, families } = JSON.parse(
  readFileSync(new URL('vllm-shapes.test.json', import.meta.url), 'utf8'),
) as { vllm: string; families: readonly Family[] };

const h100 = { name: 'NVIDIA H100 80GB HBM3', memoryBytes: 85_017_493_504, computeCapability: 9 };

/** Made after loading (copies of latent projections, AWQ's work area), or too small to model (Whisper's positions, Zamba's adapters). */
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

const asked = families.flatMap(({ answers, name, config, maxModelLen }) =>
  answers.map((answer) => ({ name, config, maxModelLen, answer })),
);
const cases = asked.filter(({ answer }) => answer.refused !== true);
const refused = asked.filter(({ answer }) => answer.refused === true);

type Case = (typeof asked)[number];

function sized({ config, maxModelLen, answer }: Case): Size {
  return size({
    config,
    device: h100,
    runtimeVersion: vllm,
    tensorParallelSize: answer.tp,
    maxModelLen,
    kvCacheMemoryBytes: 60 * 1024 ** 3,
  });
}

describe(`vLLM ${vllm} itself`, () => {
  test.each(cases)('$name over $answer.tp ranks', (own) => {
    const { name, answer } = own;
    const found = sized(own);
    const { bytesPerBlock = found.bytesPerBlock, blocksPerRequest = found.blocksPerRequest } = answer;
    const { maxModelLen, maxNumSeqs } = answer;
    expect(found).toMatchObject({ bytesPerBlock, blocksPerRequest, maxModelLen, maxNumSeqs });
    const error = Math.abs(found.weightBytes.value / answer.weightBytesPerRank - 1);
    expect(error).toBeLessThan(looser[name] ?? 0.004);
  });

  test.each(refused)('refuses $name over $answer.tp ranks', (own) => {
    expect(sized(own).reasons.join('\n')).toMatch(/attention heads/);
  });
});
