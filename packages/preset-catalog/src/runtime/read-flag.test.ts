import { describe, expect, test } from 'vitest';
import { embeddedRuntimes } from '../runtimes.ts';
import { flagsInForce, readFlag, type FlagTable } from './read-flag.ts';

const vllm = tableOf('vllm');
const llamacpp = tableOf('llamacpp');

function tableOf(engine: string): FlagTable {
  const table = embeddedRuntimes().find(engine);
  if (table === undefined) throw new Error(`no ${engine}`);
  return table;
}

describe('a key of inference_config.yaml', () => {
  test.each([
    ['max_model_len', '32k', 'max-model-len', { kind: 'text', text: '32k' }],
    ['enforce-eager', 'True', 'enforce-eager', { kind: 'switch', on: true }],
    ['no-enable-prefix-caching', true, 'enable-prefix-caching', { kind: 'switch', on: false }],
    ['tp', 2, 'tensor-parallel-size', { kind: 'text', text: '2' }],
    [
      'speculative-config.num_speculative_tokens',
      3,
      'speculative-config.num_speculative_tokens',
      { kind: 'text', text: '3' },
    ],
  ])('%s: %j sets %s', (key, value, slot, read) => {
    expect(readFlag(vllm, key, value)).toMatchObject({ kind: 'set', slot, value: read });
  });

  test.each([
    [vllm, 'port', 80, /cannot be set: the launcher owns/u],
    [vllm, 'max-modle-len', 5, /is no flag of vllm .*; did you mean max-model-len\?/u],
    [vllm, 'max-model-len', 'many', /must be a whole number/u],
    [llamacpp, 'model', 'x', /cannot be set: the Workspace says/u],
  ])('%#: %s is refused with the reason', (table, key, value, problem) => {
    expect(readFlag(table, key, value)).toEqual({ kind: 'problem', problem: expect.stringMatching(problem) });
  });
});

test('a later source wins, however the key is spelt; null takes back; what is wrong counts for nothing', () => {
  const inForce = flagsInForce(vllm, [
    { 'max-model-len': 4096, 'kv-cache-dtype': 'fp8', 'enforce-eager': true },
    { max_model_len: 8192, 'kv-cache-dtype': null, 'no-such-flag': 1 },
  ]);
  expect(Object.fromEntries(inForce)).toEqual({
    'max-model-len': { kind: 'text', text: '8192' },
    'enforce-eager': { kind: 'switch', on: true },
  });
});
