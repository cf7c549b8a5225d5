import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { JsonObject } from '@kaito-ts/preset-catalog';
import { size } from './size.ts';

interface Reservation {
  readonly pointId: string;
  readonly facts: string;
  readonly vllm: string;
  readonly tp: readonly number[];
  readonly L: number;
  readonly prefix_caching?: boolean;
  readonly in_flight_tokens?: number;
  readonly bytes_per_block?: number;
  readonly blocks_per_request?: number;
  readonly bytes_per_request: number;
}

const { configs, vectors } = JSON.parse(
  readFileSync(new URL('reservations.test.json', import.meta.url), 'utf8'),
) as { configs: Readonly<Record<string, JsonObject>>; vectors: readonly Reservation[] };

const h100 = { name: 'NVIDIA H100 80GB HBM3', memoryBytes: 85_017_493_504, computeCapability: 9 };

const cases = vectors.flatMap((vector) => vector.tp.map((tensor) => ({ ...vector, tensor })));

test.each(cases)('$pointId: $facts, $L tokens over $tensor ranks', (vector) => {
  const config = configs[vector.facts];
  if (config === undefined) throw new Error(`no config of ${vector.facts}`);
  const own = size({
    config,
    device: h100,
    runtimeVersion: vector.vllm,
    tensorParallelSize: vector.tensor,
    maxModelLen: vector.L,
    enablePrefixCaching: vector.prefix_caching,
    // Two batches are in flight in these versions.
    maxNumBatchedTokens: vector.in_flight_tokens === undefined ? undefined : vector.in_flight_tokens / 2,
    kvCacheMemoryBytes: 60 * 1024 ** 3,
  });
  expect({
    bytes_per_request: own.bytesPerBlock * own.blocksPerRequest,
    bytes_per_block: own.bytesPerBlock,
    blocks_per_request: own.blocksPerRequest,
  }).toEqual({
    bytes_per_request: vector.bytes_per_request,
    bytes_per_block: vector.bytes_per_block ?? own.bytesPerBlock,
    blocks_per_request: vector.blocks_per_request ?? own.blocksPerRequest,
  });
});
