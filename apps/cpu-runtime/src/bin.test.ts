import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ask, bin, models, programStarter, type Runtime, untilLoaded } from './testing/start-program.ts';

const base = join(models, 'own-base.gguf');
const pirate = join(models, 'own-pirate.gguf');
const start = programStarter();

/** Starts the bin as a user would, and waits until the model is loaded. */
async function startRuntime(arguments_: readonly string[]): Promise<Runtime> {
  return untilLoaded(start(process.execPath, [bin, '--model', base, '--port', '0', ...arguments_]));
}

function chat(question: string): object {
  return { messages: [{ role: 'user', content: question }], temperature: 0 };
}

const sentence = 'Hello! I am a very small model, served from your own machine.';
const pirateSentence = 'Arr! Hello! I be a very small model, served from yer own machine.';

describe('kaito-cpu-runtime with the demo model', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await startRuntime(['--alias', 'tiny', '--parallel', '2', '--ctx-size', '1024']);
  });

  it('gives the base sentence', async () => {
    await expect(ask(runtime.url, 'Hello')).resolves.toBe(sentence);
  });

  it('answers more requests at once than it has sequences', async () => {
    const questions = ['Hello', 'thank you', 'how are you?', 'Hello', 'goodbye'];
    const answers = await Promise.all(questions.map((question) => ask(runtime.url, question)));
    expect(answers).toEqual([
      sentence,
      'You are welcome!',
      'Loaded, warm and ready.',
      sentence,
      'Goodbye, and mind the open connections.',
    ]);
  });

  it('shares its context between the sequences and refuses what does not fit', async () => {
    const models_ = (await (await fetch(`${runtime.url}/v1/models`)).json()) as { data: object[] };
    expect(models_.data).toMatchObject([{ id: 'tiny', max_model_len: 512 }]);
    const response = await fetch(`${runtime.url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: 'x'.repeat(512), max_tokens: 1 }),
    });
    expect(response.status).toBe(400);
    await expect(response.json()).resolves.toMatchObject({
      error: { code: 'context_length_exceeded', param: 'prompt' },
    });
  });

  it('frees its sequences when clients leave', async () => {
    for (let index = 0; index < 4; index += 1) {
      const leaving = new AbortController();
      const response = await fetch(`${runtime.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...chat('Hello'), stream: true }),
        signal: leaving.signal,
      });
      await response.body?.getReader().read();
      leaving.abort();
    }
    await expect(ask(runtime.url, 'thank you')).resolves.toBe('You are welcome!');
  });

  it('ends at SIGTERM after the running answer, whoever keeps a connection without a request', async () => {
    const { hostname, port } = new URL(runtime.url);
    const silent = connect(Number(port), hostname).on('error', () => {});
    await once(silent, 'connect');
    const response = await fetch(`${runtime.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...chat('what is an adapter?'), stream: true }),
    });
    const events = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let stream = (await events?.read())?.value ?? '';
    const exited = new Promise((resolve) => {
      runtime.child.once('exit', (code, signal) => resolve(code ?? signal));
    });
    runtime.child.kill('SIGTERM');
    for (let next = await events?.read(); next?.done === false; next = await events?.read())
      stream += next.value;
    const text = [...stream.matchAll(/^data: (\{.*\})$/gm)]
      .map(([, event = '']) => JSON.parse(event) as { choices: { delta: { content?: string } }[] })
      .map(({ choices }) => choices[0]?.delta.content ?? '')
      .join('');
    expect(text).toContain('An adapter is a small set of weights');
    expect(stream).toMatch(/data: \[DONE\]\s*$/);
    await expect(exited).resolves.toBe(0);
  });
});

describe('kaito-cpu-runtime with an adapter', () => {
  it.each([
    ['1.0', pirateSentence],
    ['0.25', sentence],
  ])('at scale %s', async (scale, expected) => {
    const runtime = await startRuntime(['--lora-scaled', `${pirate}:${scale}`]);
    await expect(ask(runtime.url, 'Hello')).resolves.toBe(expected);
    runtime.child.kill('SIGTERM');
  });
});

describe('kaito-cpu-runtime on a Unix socket', () => {
  it('listens where --host points', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'cpu-runtime-'));
    const socketPath = join(directory, 'runtime.sock');
    const { child } = await startRuntime(['--host', socketPath]);
    const status = await new Promise((resolve, reject) => {
      request({ socketPath, path: '/health' }, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
    child.kill('SIGTERM');
    await rm(directory, { recursive: true });
  });
});

async function fail(arguments_: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = start(process.execPath, [bin, ...arguments_]);
  let output = '';
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  return { code, output };
}

describe('kaito-cpu-runtime refuses', () => {
  it.each([
    [
      'a flag of llama-server that it does not implement',
      ['--model', base, '--flash-attn', 'on'],
      2,
      '--flash-attn',
    ],
    ['a missing model flag', [], 2, '--model'],
    ['a scale that is no number', ['--model', base, '--lora-scaled', 'a.gguf:x'], 2, 'FILE:SCALE'],
    ['a model that does not exist', ['--model', 'absent.gguf', '--port', '0'], 1, 'absent.gguf'],
    [
      'an adapter that is no GGUF',
      ['--model', base, '--port', '0', '--lora', bin],
      1,
      'kaito-cpu-runtime.mjs',
    ],
  ] as const)('%s', async (_name, arguments_, expectedCode, mention) => {
    const { code, output } = await fail(arguments_);
    expect(output).toContain(mention);
    expect(code).toBe(expectedCode);
  });
});
