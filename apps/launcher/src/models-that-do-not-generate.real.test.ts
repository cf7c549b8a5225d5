import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CanaryKind } from './engines/canary-requests.ts';
import { demoModelDirectory } from './testing/harness.ts';
import {
  injectLauncher,
  servedName,
  type InjectedLauncher,
  type Served,
} from './testing/injected-launcher.ts';
import { because, llamaServerDirectory, vllmVenv } from './testing/real-runtimes.ts';
import { writeTinyEncoder } from './testing/tiny-encoder.ts';

const bertScript = fileURLToPath(new URL('../fixtures/write_tiny_bert.py', import.meta.url));
const withoutVllm = because(vllmVenv, 'KAITO_TEST_VLLM_VENV');
const withoutLlamaServer = because(llamaServerDirectory, 'KAITO_TEST_LLAMA_SERVER');

let launcher: InjectedLauncher;

beforeAll(async () => {
  launcher = await injectLauncher();
});

afterEach(() => launcher.endAll());
afterAll(() => launcher?.remove());

/** Weights whose architecture alone decides what vLLM makes of them. */
function bert(architecture: string, labels = 2): string {
  const weights = join(launcher.folder, `${architecture}-${labels}`);
  execFileSync(join(vllmVenv ?? '', 'bin/python'), [bertScript, architecture, String(labels), weights], {
    env: { ...process.env, HF_HUB_OFFLINE: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return weights;
}

/** A folder with one GGUF file. */
function gguf(name: string, write: (file: string) => void): string {
  const weights = join(launcher.folder, name);
  mkdirSync(weights);
  write(join(weights, 'model.gguf'));
  return weights;
}

async function serveWithVllm(order: {
  weights: string;
  config?: string;
  strengths?: Readonly<Record<string, string>>;
}): Promise<Served> {
  return launcher.serve({ engine: 'vllm', programs: join(vllmVenv ?? '', 'bin'), ...order });
}

async function embed(served: Served, model: string): Promise<readonly number[]> {
  const answer = await served.post('/v1/embeddings', { model, input: 'Hello' });
  const text = await answer.text();
  expect([answer.status, text]).toEqual([200, text]);
  const { data } = JSON.parse(text) as { data: { embedding: number[] }[] };
  return data[0]?.embedding ?? [];
}

async function stop(served: Served): Promise<void> {
  served.process.kill('SIGTERM');
  expect(await once(served.process, 'exit')).toEqual([0, null]);
}

interface Encoder {
  readonly architecture: string;
  readonly labels: number;
  readonly answered: CanaryKind;
}

const encoders: readonly Encoder[] = [
  { architecture: 'BertModel', labels: 2, answered: 'embeddings' },
  { architecture: 'BertForSequenceClassification', labels: 1, answered: 'score' },
  { architecture: 'BertForSequenceClassification', labels: 3, answered: 'classify' },
  { architecture: 'BertForTokenClassification', labels: 3, answered: 'pooling' },
];

test.skipIf(vllmVenv === undefined).each(encoders)(
  `vllm${withoutVllm}: $architecture with $labels labels is ready after $answered`,
  { timeout: 600_000 },
  async ({ architecture, labels, answered }) => {
    const served = await serveWithVllm({ weights: bert(architecture, labels) });
    expect((await served.status()).answered).toEqual([answered]);
    expect(served.log()).toContain(`"message":"the model answered","answered":["${answered}"]`);
    expect((await served.post('/v1/completions', { prompt: 'Hello' })).status).toBe(404);
    await stop(served);
  },
);

test.skipIf(vllmVenv === undefined)(
  `vllm${withoutVllm}: a generating model told to embed, with its adapters`,
  { timeout: 600_000 },
  async () => {
    const served = await serveWithVllm({
      weights: join(demoModelDirectory, 'own-base'),
      config: 'vllm:\n  runner: pooling\n  convert: embed\n  enforce-eager: true\n  max-model-len: 512\n',
      strengths: { 'own-pirate': '1.0' },
    });
    expect((await served.status()).answered).toEqual(['embeddings']);
    const adapted = await embed(served, servedName);
    expect(adapted).toHaveLength(128);
    expect(await embed(served, `${servedName}-base`)).not.toEqual(adapted);
    await stop(served);
  },
);

test.skipIf(vllmVenv === undefined)(
  `vllm${withoutVllm}: a model that tells no routes, with a vector for each token`,
  { timeout: 600_000 },
  async () => {
    const served = await serveWithVllm({
      weights: join(demoModelDirectory, 'own-base'),
      config:
        'vllm:\n  runner: pooling\n  convert: embed\n  pooler-config: { task: token_embed }\n  disable-fastapi-docs: true\n  enforce-eager: true\n  max-model-len: 512\n',
    });
    expect((await served.status()).answered).toEqual(['score']);
    await stop(served);
  },
);

interface LlamaCase {
  readonly what: string;
  readonly write: (file: string) => void;
  readonly config: string;
  readonly answered: readonly CanaryKind[];
}

const copyDemoModel = (file: string): void => cpSync(join(demoModelDirectory, 'own-base.gguf'), file);

const llamaCases: readonly LlamaCase[] = [
  {
    what: 'an encoder told to embed',
    write: writeTinyEncoder,
    config: 'embedding: true',
    answered: ['embeddings'],
  },
  {
    what: 'an encoder told to embed each token',
    write: writeTinyEncoder,
    config: 'embedding: true\n  pooling: none',
    answered: ['embeddings'],
  },
  { what: 'an encoder told to rank', write: writeTinyEncoder, config: 'rerank: true', answered: ['rerank'] },
  {
    what: 'a generating model told to embed does both',
    write: copyDemoModel,
    config: 'embedding: true\n  pooling: mean',
    answered: ['completion', 'embeddings'],
  },
];

test.skipIf(llamaServerDirectory === undefined).each(llamaCases)(
  `llama-server${withoutLlamaServer}: $what`,
  { timeout: 180_000 },
  async ({ what, write, config, answered }) => {
    const served = await launcher.serve({
      engine: 'llamacpp',
      programs: llamaServerDirectory ?? '',
      weights: gguf(what.replaceAll(' ', '-'), write),
      config: `llamacpp:\n  ${config}\n`,
    });
    expect((await served.status()).answered).toEqual(answered);
    expect(await (await fetch(`${served.url}/metrics`)).text()).toContain('llamacpp:prompt_tokens_total');
    await stop(served);
  },
);

test.skipIf(llamaServerDirectory === undefined)(
  `llama-server${withoutLlamaServer}: an encoder that nobody told to embed says what it lacks`,
  { timeout: 180_000 },
  async () => {
    const served = launcher.serve({
      engine: 'llamacpp',
      programs: llamaServerDirectory ?? '',
      weights: gguf('untold', writeTinyEncoder),
    });
    await expect(served).rejects.toThrow(/"class":"CanaryFailed".*Start it with `--embeddings`/u);
  },
);
