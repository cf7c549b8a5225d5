import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLength } from '@kaito-ts/gpu-sizing';
import { embeddedCatalogue } from '@kaito-ts/preset-catalog';
import { createProgram } from '../program.ts';
import { reportError } from '../report-error.ts';
import { answerLine } from './batch.ts';

const catalogue = embeddedCatalogue();

const config = {
  architectures: ['LlamaForCausalLM'],
  hidden_size: 4096,
  intermediate_size: 14_336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128_256,
  max_position_embeddings: 131_072,
  torch_dtype: 'bfloat16',
};

interface Outcome {
  readonly exitCode: number;
  readonly result: string;
  readonly notes: string;
}

async function kaito(...args: readonly string[]): Promise<Outcome> {
  const [result, notes]: [string[], string[]] = [[], []];
  const context = {
    environment: {},
    writeResult: (text: string) => void result.push(text),
    writeNote: (text: string) => void notes.push(text),
    signal: new AbortController().signal,
  };
  let exitCode = 0;
  try {
    await createProgram(context).parseAsync(['node', 'kaito', ...args]);
  } catch (error) {
    exitCode = reportError(error, context);
  }
  return { exitCode, result: result.join(''), notes: notes.join('') };
}

function answer(line: object): Record<string, unknown> {
  return answerLine(JSON.stringify(line), catalogue) as Record<string, unknown>;
}

function width(own: Record<string, unknown>): number {
  const { low, high } = own['kvCacheGiB'] as { low: number; high: number };
  return high - low;
}

let folder = '';
let file = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaito-size-'));
  file = join(folder, 'config.json');
  await writeFile(file, JSON.stringify(config));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each([
  ['32768', 32_768],
  ['32k', 32_000],
  ['32K', 32_768],
  ['1.5k', 1500],
  ['auto', -1],
  ['-4', undefined],
  ['many', undefined],
])('the length %s is %s', (text, value) => {
  expect(readLength(text)).toBe(value);
});

describe('a line of a batch', () => {
  const line = { id: 'a', config, weightsBytes: 16_060_522_496, gpuModel: 'NVIDIA H100 80GB HBM3' };

  test('is answered with every field of the contract', () => {
    const interval = {
      value: expect.any(Number),
      low: expect.any(Number),
      high: expect.any(Number),
    } as object;
    expect(answer({ ...line, tp: 2, pp: null, maxModelLen: 8192 })).toMatchObject({
      id: 'a',
      fits: true,
      reasons: [],
      runtimeVersion: catalogue.runtime('vllm')?.version,
      weightsGiB: interval,
      kvCacheGiB: interval,
      kvTokens: interval,
      maxConcurrency: interval,
      cudaGraphGiB: interval,
      longestModelLen: interval,
      derivation: expect.any(Array),
    });
  });

  test.each([
    [{ tp: '2' }, 'BAD_INPUT', 'tp'],
    [{ tp: -1 }, 'BAD_INPUT', 'tp'],
    [{ maxModelLen: -7 }, 'BAD_INPUT', 'maxModelLen'],
    [{ runtimeVersion: '0.8.5' }, 'UNSUPPORTED_VERSION', 'runtimeVersion'],
    [{ gpuModel: 'Abacus 9000' }, 'UNKNOWN_GPU', 'gpuModel'],
    [{ config: null }, 'MISSING_KEY', 'config'],
    [{ config: { ...config, num_attention_heads: null } }, 'MISSING_KEY', 'num_attention_heads'],
    [{ config: { ...config, vocab_size: 'many' } }, 'BAD_INPUT', 'vocab_size'],
  ])('%j is refused by its key', (overrides, code, key) => {
    expect(answer({ ...line, ...overrides })).toEqual({
      id: 'a',
      error: { code, key, message: expect.stringContaining(key) },
    });
  });

  test('that is no JSON is answered all the same', () => {
    expect(answerLine('{"id": 1,', catalogue)).toMatchObject({ id: null, error: { code: 'BAD_JSON' } });
  });

  test('may hold the numbers that Python writes', () => {
    const text = JSON.stringify({ ...line, config: { ...config, limit: 0 } }).replace(
      '"limit":0',
      '"limit":Infinity',
    );
    expect(answerLine(text, catalogue)).toMatchObject({ id: 'a', fits: true });
  });

  test('about an unknown GPU with told memory has a warning and wider intervals', () => {
    const known = answer({ ...line, gpuMemoryBytes: 85e9 });
    const unknown = answer({ ...line, gpuModel: 'Abacus 9000', gpuMemoryBytes: 85e9 });
    expect(unknown['warnings']).toEqual([expect.stringContaining('Abacus 9000')]);
    expect(width(unknown)).toBeGreaterThan(width(known));
  });

  test.each(['H100', 'NVIDIA H100 80GB HBM3', 'nvidia-h100-80gb-hbm3'])('knows %s', (gpuModel) => {
    expect(answer({ ...line, gpuModel })).toMatchObject({ fits: true, warnings: [] });
  });
});

describe('kaito size', () => {
  test('says whether one model fits', async () => {
    const { exitCode, result } = await kaito(
      'size',
      '--config',
      file,
      '--gpu-model',
      'H100',
      '--max-model-len',
      '8k',
      '-o',
      'json',
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(result)).toMatchObject({ fits: true, maxModelLen: 8000 });
  });

  test('takes the bytes of the weights from an index', async () => {
    const index = join(folder, 'index.json');
    await writeFile(index, JSON.stringify({ metadata: { total_size: 16_060_522_496 }, weight_map: {} }));
    const { result } = await kaito(
      'size',
      '--config',
      file,
      '--index',
      index,
      '--gpu-model',
      'H100',
      '-o',
      'json',
    );
    expect(JSON.parse(result).weightsGiB.value).toBeCloseTo(14.99, 2);
  });

  test('refuses a truncated index by name', async () => {
    const index = join(folder, 'truncated.json');
    await writeFile(index, '{"metadata": {"total_size": 16');
    const { exitCode, notes } = await kaito(
      'size',
      '--config',
      file,
      '--index',
      index,
      '--gpu-model',
      'H100',
    );
    expect([exitCode, notes]).toEqual([2, expect.stringContaining('index: ')]);
  });

  test('answers a batch file line by line', async () => {
    const batch = join(folder, 'batch.jsonl');
    await writeFile(batch, `{"id":1,"config":${JSON.stringify(config)},"gpuModel":"H100"}\n{"id":2}\n`);
    const { exitCode, result } = await kaito('size', '--batch', batch);
    const lines = result
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as { id: number; error?: object });
    expect(exitCode).toBe(0);
    expect(lines.map(({ id, error }) => [id, error !== undefined])).toEqual([
      [1, false],
      [2, true],
    ]);
  });
});

describe('kaito plan', () => {
  test('takes the cheapest machine that fits and says why others lost', async () => {
    const { result } = await kaito(
      'plan',
      '--model',
      'qwen3.8-27b',
      '--any',
      '--provider',
      'azure',
      '--context',
      '32k',
      '-o',
      'json',
    );
    const { ranked } = JSON.parse(result) as {
      ranked: { verdict: string; pricePerHour?: number; lostBecause?: string }[];
    };
    const [first, ...rest] = ranked;
    expect(first).toMatchObject({ verdict: 'fits' });
    expect(rest.every(({ lostBecause }) => lostBecause !== undefined)).toBe(true);
    const cheaper = rest.filter(
      ({ verdict, pricePerHour = Infinity }) =>
        verdict === 'fits' && pricePerHour < (first?.pricePerHour ?? 0),
    );
    expect(cheaper).toEqual([]);
  });

  test('draws the memory of a GPU and explains the account', async () => {
    const { result } = await kaito('plan', '--model', 'phi-4', '--gpu', 'H100', '--explain');
    expect(result).toMatch(/each GPU \[#+=+\++\.+\]/);
    expect(result).toContain('torch peak');
  });

  test('reads a Workspace', async () => {
    const workspace = join(folder, 'workspace.yaml');
    await writeFile(
      workspace,
      `apiVersion: kaito.sh/v1beta1
kind: Workspace
metadata: { name: phi }
resource: { instanceType: Standard_NC24ads_A100_v4, labelSelector: { matchLabels: { apps: phi } } }
inference: { preset: { name: phi-4-mini-instruct } }
`,
    );
    const { exitCode, result } = await kaito('plan', '-f', workspace);
    expect([exitCode, result]).toEqual([0, expect.stringContaining('fits: Standard_NC24ads_A100_v4')]);
  });

  test('takes the flags of the ConfigMap that stands beside the Workspace', async () => {
    const manifest = join(folder, 'with-config.yaml');
    await writeFile(
      manifest,
      `apiVersion: v1
kind: ConfigMap
metadata: { name: flags }
data: { inference_config.yaml: 'vllm: { max-model-len: 4K, kv-cache-dtype: fp8 }' }
---
apiVersion: kaito.sh/v1beta1
kind: Workspace
metadata: { name: phi }
resource: { instanceType: Standard_NC24ads_A100_v4, labelSelector: { matchLabels: { apps: phi } } }
inference: { preset: { name: phi-4-mini-instruct }, config: flags }
`,
    );
    const { result } = await kaito('plan', '-f', manifest, '-o', 'json');
    expect(JSON.parse(result)).toMatchObject({
      context: 4096,
      ranked: [
        {
          name: 'Standard_NC24ads_A100_v4',
          resourceName: 'nvidia.com/gpu',
          currency: 'USD',
          priceRegion: 'eastus',
          priceDate: '2026-06-18',
          flags: { 'tensor-parallel-size': 1, 'max-model-len': '4K', 'kv-cache-dtype': 'fp8' },
        },
      ],
    });
  });

  test.each([
    ['--spot', /no spot price known for Standard_NC24ads_A100_v4/],
    ['--explain', /Maximum concurrency for [\d,]+ tokens per request: [\d.]+x/],
    [
      '--enforce-eager',
      /3\.67 USD\/hour, 2,681 USD\/month of 730 hours on demand in eastus, list of 2026-06-18/,
    ],
  ])('with %s prints %s', async (option, text) => {
    const { result } = await kaito(
      'plan',
      '--model',
      'phi-4',
      '--instance-type',
      'Standard_NC24ads_A100_v4',
      option,
    );
    expect(result).toMatch(text);
  });

  test('plans other runtimes by the memory of the node', async () => {
    const { result } = await kaito(
      'plan',
      '--model',
      'own-tiny-qwen2',
      '--default-runtime',
      'llamacpp',
      '--instance-type',
      'g5.2xlarge',
    );
    expect(result).toMatch(/on llamacpp .*\n\nfits: g5\.2xlarge, 1 node, CPU/);
  });

  test.each([
    [['--model', 'phi-4', '--instance-type', 'Standard_NC24ads_A100_v5'], 'Standard_NC24ads_A100_v4'],
    [['--model', 'phi-4-mini', '--any'], 'phi-4-mini-instruct'],
    [['--model', 'no-such-model'], 'no-such-model'],
    [['--model', 'phi-4', '--instance-type', 'Standard_None'], 'Standard_None'],
    [['--model', 'phi-4', '--context', 'long', '--gpu', 'H100'], 'context'],
  ])('%j is refused', async (args, word) => {
    const { exitCode, notes } = await kaito('plan', ...args);
    expect([exitCode, notes]).toEqual([2, expect.stringContaining(word)]);
  });
});

test('kaito gpus and kaito models list the catalogue', async () => {
  expect((await kaito('gpus', '--provider', 'azure')).result).toContain('Standard_NC24ads_A100_v4');
  expect((await kaito('models')).result).toContain('microsoft/phi-4');
  expect((await kaito('models', 'show', 'phi-4', '-o', 'json')).result).toContain('"hidden_size": 5120');
  expect((await kaito('models', '-o', 'json')).result).toMatch(/^\[/);
  expect((await kaito('models', 'show', 'phi-4')).result).toContain('hidden_size: 5120');
});
