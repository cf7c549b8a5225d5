import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '@kaito-ts/preset-catalog';
import { size } from './size.ts';
import type { Size } from './size-request.ts';
import { oracleCacheBytes, oracleDevice, weightTolerance } from './vllm-oracle.test.data.ts';

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

const asked = families.flatMap(({ answers, name, config, maxModelLen }) =>
  answers.map((answer) => ({ name, config, maxModelLen, answer })),
);
const cases = asked.filter(({ answer }) => answer.refused !== true);
const refused = asked.filter(({ answer }) => answer.refused === true);

type Case = (typeof asked)[number];

function sized({ config, maxModelLen, answer }: Case): Size {
  return size({
    config,
    device: oracleDevice,
    runtimeVersion: vllm,
    tensorParallelSize: answer.tp,
    maxModelLen,
    kvCacheMemoryBytes: oracleCacheBytes,
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
    expect(error).toBeLessThan(weightTolerance(name));
  });

  test.each(refused)('refuses $name over $answer.tp ranks', (own) => {
    expect(sized(own).reasons.join('\n')).toMatch(/attention heads/);
  });
});
