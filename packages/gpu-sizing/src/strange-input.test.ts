import { readFileSync } from 'node:fs';
import { isJsonObject, type JsonObject, type JsonValue } from '@kaito-ts/preset-catalog';
import { describe, expect, test } from 'vitest';
import { SizingInputError } from './errors.ts';
import { size } from './size.ts';
import type { SizeRequest } from './size-request.ts';

interface Shapes {
  readonly families: readonly { readonly name: string; readonly config: JsonObject }[];
}

const shapes = readFileSync(new URL('vllm-shapes.test.json', import.meta.url), 'utf8');
const { families } = JSON.parse(shapes) as Shapes;
const device = { name: 'H100', memoryBytes: 85_017_493_504, computeCapability: 9 };
const config = families[0]?.config ?? {};
/** Every kind of layer once: asking all families takes minutes on a busy machine. */
const oneOfEachKind = families.filter(({ name }) =>
  /Qwen3\.8-27B|V2-Lite|V4-Flash|gpt-oss-20b|gemma-3-4b|mamba-2\.8b|jamba|lfm2|kimi-linear|whisper|llama-8b-w4a16/.test(
    name,
  ),
);
const plain: SizeRequest = { config, device, runtimeVersion: '0.32.0' };

/** The key at fault, or the figures that are no numbers. */
function outcome(request: SizeRequest): string {
  try {
    const found = size(request);
    const figures = [
      found.weightBytes,
      found.kvCacheBytes,
      found.kvTokens,
      found.maxConcurrency,
      found.cudaGraphBytes,
      found.longestModelLen,
    ];
    const numbers = figures.flatMap(({ value, low, high }) => [value, low, high]);
    return numbers.every((number) => Number.isFinite(number) && number >= 0) ? 'answer' : 'no numbers';
  } catch (error) {
    return error instanceof SizingInputError && error.key !== '' ? `refused by key` : String(error);
  }
}

describe('a config with a strange value is answered in numbers or refused by its key', () => {
  const strange: readonly JsonValue[] = [-1, -7, 0, 1.5, 1e300, 'x', null, true, {}, [1, null, 'a']];
  test.each(oneOfEachKind)('$name', ({ config: published }) => {
    const inner = published['text_config'];
    const nested = isJsonObject(inner) ? inner : {};
    const outer = Object.keys(published).map((key) => ({
      key,
      change: (value: JsonValue): JsonObject => ({ ...published, [key]: value }),
    }));
    const deep = Object.keys(nested).map((key) => ({
      key,
      change: (value: JsonValue): JsonObject => ({ ...published, text_config: { ...nested, [key]: value } }),
    }));
    const variants = [...outer, ...deep].flatMap(({ key, change }) =>
      strange.map((value) => ({ key, config: change(value) })),
    );
    const broken = variants.flatMap(({ key, config: own }) => {
      const found = outcome({ ...plain, config: own, tensorParallelSize: 2 });
      return found === 'answer' || found === 'refused by key' ? [] : [`${key}: ${found}`];
    });
    expect(broken).toEqual([]);
  });
});

test.each([
  ['v0.25.1', '0.25.1'],
  [' 0.25.1 ', '0.25.1'],
  ['0.25.1+cu130', '0.25.1+cu130'],
  ['0.26.1rc1.dev608', '0.26.1rc1.dev608'],
])('version %s is %s', (runtimeVersion, used) => {
  const found = size({ ...plain, runtimeVersion });
  expect(found.runtimeVersion).toBe(used);
  expect(found.warnings).toEqual([]);
});

test('a version from the future is counted by the newest rules, and says so', () => {
  expect(size({ ...plain, runtimeVersion: '0.40.0' }).warnings).toEqual([
    'vLLM 0.40.0 is not known: counted by the rules of 0.32.0',
  ]);
});

test.each([
  ['runtimeVersion', { runtimeVersion: '0.9.2' }],
  ['runtimeVersion', { runtimeVersion: 'latest' }],
  ['maxModelLen', { maxModelLen: -5 }],
  ['maxModelLen', { maxModelLen: 1.5 }],
  ['weightsBytes', { weightsBytes: 0 }],
  ['gpuMemoryUtilization', { gpuMemoryUtilization: 1.2 }],
  ['kvCacheDtype', { kvCacheDtype: 'foo' }],
  ['tp', { tensorParallelSize: 0 }],
])('%s is named when it is wrong: %o', (key, wishes) => {
  expect(() => size({ ...plain, ...wishes })).toThrow(expect.objectContaining({ key }));
});

test.each([
  ['block-size 7 is no multiple of 16', { blockSize: 7 }],
  ['max-num-batched-tokens 16 is less than max-num-seqs 32', { maxNumBatchedTokens: 16, maxNumSeqs: 32 }],
])('vLLM refuses: %s', (reason, wishes) => {
  expect(size({ ...plain, ...wishes }).reasons).toContain(reason);
});
