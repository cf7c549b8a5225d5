import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import type { Engine } from '../engine/engine.ts';
import { createFakeEngine, type FakeEngine } from '../testing/fake-engine.ts';
import { createServer } from './server.ts';

const defaults = { temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05 };
const hello = [{ role: 'user', content: 'Hello' }];
const opened: FastifyInstance[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()));
});

function serve(engine: Engine | undefined): FastifyInstance {
  const server = createServer({
    modelName: 'tiny',
    defaults,
    engine: () => engine,
    signal: new AbortController().signal,
  });
  opened.push(server);
  return server;
}

async function post(
  engine: Engine | undefined,
  path: string,
  body: unknown,
): Promise<{ status: number; body: unknown; text: string }> {
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = { 'content-type': 'application/json' };
  const reply = await serve(engine).inject({ method: 'POST', url: path, headers, payload });
  return {
    status: reply.statusCode,
    text: reply.body,
    body: reply.body.startsWith('{') ? reply.json() : undefined,
  };
}

function eventsOf(text: string): unknown[] {
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => event.replace(/^(event: .*\n)?data: /, ''))
    .map((data) => (data === '[DONE]' ? data : JSON.parse(data)) as unknown);
}

describe('before the model is loaded', () => {
  it('is not healthy, lists its model and refuses to generate', async () => {
    expect((await serve(undefined).inject('/health')).statusCode).toBe(503);
    expect((await serve(undefined).inject('/v1/models')).json()).toMatchObject({ data: [{ id: 'tiny' }] });
    const { status, body } = await post(undefined, '/v1/chat/completions', { messages: hello });
    expect(status).toBe(503);
    expect(body).toMatchObject({ error: { code: 'loading' } });
  });
});

describe('POST /v1/chat/completions', () => {
  it('answers whole', async () => {
    const { status, body } = await post(createFakeEngine('Ahoy'), '/v1/chat/completions', {
      messages: hello,
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      object: 'chat.completion',
      model: 'tiny',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Ahoy' }, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: 11,
        completion_tokens: 4,
        total_tokens: 15,
        prompt_tokens_details: { cached_tokens: 3 },
      },
    });
  });

  it('streams with usage and [DONE]', async () => {
    const body = { messages: hello, stream: true, stream_options: { include_usage: true } };
    const events = eventsOf((await post(createFakeEngine('Ah'), '/v1/chat/completions', body)).text);
    expect(events).toMatchObject([
      { object: 'chat.completion.chunk', choices: [{ delta: { role: 'assistant' } }], usage: null },
      { choices: [{ delta: { content: 'A' }, finish_reason: null }] },
      { choices: [{ delta: { content: 'h' } }] },
      { choices: [{ delta: {}, finish_reason: 'stop' }] },
      { choices: [], usage: { completion_tokens: 2 } },
      '[DONE]',
    ]);
  });

  it('stops at a stop string and at the token limit', async () => {
    const stopped = await post(createFakeEngine('one two'), '/v1/chat/completions', {
      messages: hello,
      stop: [' t'],
    });
    expect(stopped.body).toMatchObject({ choices: [{ message: { content: 'one' }, finish_reason: 'stop' }] });
    const limited = await post(createFakeEngine('one two'), '/v1/chat/completions', {
      messages: hello,
      max_tokens: 9,
      max_completion_tokens: 2,
    });
    expect(limited.body).toMatchObject({
      choices: [{ message: { content: 'on' }, finish_reason: 'length' }],
    });
  });

  it('ends when the context is full', async () => {
    const { body } = await post(createFakeEngine('x'.repeat(100)), '/v1/chat/completions', {
      messages: hello,
    });
    expect(body).toMatchObject({ choices: [{ finish_reason: 'length' }], usage: { total_tokens: 64 } });
  });

  it('passes sampling on, and its defaults', async () => {
    const engine = createFakeEngine('A');
    await post(engine, '/v1/chat/completions', { messages: hello, temperature: 0, top_p: 0.5, seed: 7 });
    await post(engine, '/v1/chat/completions', { messages: hello });
    expect(engine.requests.map(({ sampling }) => sampling)).toMatchObject([
      { temperature: 0, topP: 0.5, seed: 7, topK: 40 },
      { temperature: 0.8, topP: 0.95 },
    ]);
  });

  it('joins text parts and calls a developer system', async () => {
    const engine = createFakeEngine('A');
    const content = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ];
    await post(engine, '/v1/chat/completions', { messages: [{ role: 'developer', content }] });
    expect(String.fromCharCode(...(engine.requests[0]?.tokens ?? []))).toBe('system:a\nb;');
  });
});

describe('POST /v1/completions', () => {
  it.each(['Hello', ['Hello'], [72, 101], [[72, 101]]])('takes the prompt %j', async (prompt) => {
    const { body } = await post(createFakeEngine('A'), '/v1/completions', { prompt });
    expect(body).toMatchObject({
      object: 'text_completion',
      choices: [{ text: 'A', finish_reason: 'stop' }],
    });
  });

  it('streams', async () => {
    const { text } = await post(createFakeEngine('A'), '/v1/completions', { prompt: 'Hello', stream: true });
    expect(eventsOf(text)).toMatchObject([
      { choices: [{ text: 'A' }] },
      { choices: [{ text: '', finish_reason: 'stop' }] },
      '[DONE]',
    ]);
  });
});

describe('POST /v1/responses', () => {
  it('answers whole, with instructions before the input', async () => {
    const engine = createFakeEngine('Ahoy');
    const { body } = await post(engine, '/v1/responses', { input: 'Hi', instructions: 'Be brief' });
    expect(body).toMatchObject({
      object: 'response',
      status: 'completed',
      output: [{ type: 'message', content: [{ type: 'output_text', text: 'Ahoy' }] }],
      usage: { input_tokens: 24, output_tokens: 4 },
    });
    expect(String.fromCharCode(...(engine.requests[0]?.tokens ?? []))).toBe('system:Be brief;user:Hi;');
  });

  it('streams numbered events', async () => {
    const { text } = await post(createFakeEngine('AB'), '/v1/responses', {
      input: hello,
      stream: true,
      max_output_tokens: 1,
    });
    const events = eventsOf(text) as { type: string; sequence_number: number }[];
    expect(events.map((event) => event.type ?? event)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.incomplete',
      '[DONE]',
    ]);
    expect(events.slice(0, -1).map((event) => event.sequence_number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe('bad requests', () => {
  const chat = '/v1/chat/completions';
  it.each([
    [chat, '{"messages":', { param: null, code: null }],
    [chat, '[]', { param: null, code: 'invalid_value' }],
    [chat, {}, { param: 'messages', code: 'invalid_value' }],
    [chat, { messages: [] }, { param: 'messages', code: 'invalid_value' }],
    [chat, { messages: [{ content: 'x' }] }, { param: 'messages.0.role', code: 'invalid_value' }],
    [
      chat,
      { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      { param: 'messages.0.content', code: 'invalid_value' },
    ],
    [chat, { messages: [{ role: 'nobody', content: '' }] }, { param: 'messages', code: null }],
    [chat, { messages: hello, n: 2 }, { param: 'n', code: 'invalid_value' }],
    [chat, { messages: hello, temperature: 3 }, { param: 'temperature', code: 'invalid_value' }],
    [chat, { messages: hello, max_tokens: 0 }, { param: 'max_tokens', code: 'invalid_value' }],
    [chat, { messages: hello, stop: [''] }, { param: 'stop.0', code: 'invalid_value' }],
    [chat, { messages: hello, tools: [{}] }, { param: 'tools', code: 'unsupported_parameter' }],
    [
      chat,
      { messages: hello, response_format: { type: 'json_object' } },
      { param: 'response_format.type', code: 'invalid_value' },
    ],
    [
      chat,
      { messages: [{ role: 'user', content: 'x'.repeat(64) }] },
      { param: 'messages', code: 'context_length_exceeded' },
    ],
    ['/v1/completions', { prompt: ['a', 'b'] }, { param: 'prompt', code: 'invalid_value' }],
    ['/v1/completions', { prompt: '' }, { param: 'prompt', code: 'invalid_value' }],
    ['/v1/completions', { prompt: [70_000] }, { param: 'prompt', code: 'invalid_value' }],
    ['/v1/completions', { prompt: 'a', echo: true }, { param: 'echo', code: 'unsupported_parameter' }],
    ['/v1/responses', { input: 7 }, { param: 'input', code: 'invalid_value' }],
    [
      '/v1/responses',
      { input: 'a', previous_response_id: 'resp_1' },
      { param: 'previous_response_id', code: 'unsupported_parameter' },
    ],
  ])('%s %j', async (path, payload, blame) => {
    const { status, body } = await post(createFakeEngine('A'), path, payload);
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { type: 'invalid_request_error', ...blame } });
  });

  it('a path that does not exist', async () => {
    const { status, body } = await post(createFakeEngine('A'), '/v1/embeddings', { input: 'a' });
    expect(status).toBe(404);
    expect(body).toMatchObject({ error: { code: 'not_found' } });
  });

  it('ignores fields that change nothing here', async () => {
    const body = { messages: hello, user: 'me', store: false, tools: [], logprobs: false, n: 1, seed: null };
    expect((await post(createFakeEngine('A'), chat, body)).status).toBe(200);
  });
});

describe('failures', () => {
  it('answers 500 when generating fails', async () => {
    const { status, body } = await post(createFakeEngine('A', { fails: true }), '/v1/completions', {
      prompt: 'a',
    });
    expect(status).toBe(500);
    expect(body).toMatchObject({
      error: { type: 'server_error', message: expect.stringContaining('out of memory') as string },
    });
  });

  it('ends a stream with an error event and without [DONE]', async () => {
    const { text } = await post(createFakeEngine('A', { fails: true }), '/v1/completions', {
      prompt: 'a',
      stream: true,
    });
    expect(eventsOf(text)).toMatchObject([{ error: { type: 'server_error' } }]);
  });

  it.each([true, false])('stops generating when the client leaves (stream: %s)', async (stream) => {
    const engine: FakeEngine = createFakeEngine('x'.repeat(50), { delayMs: 20 });
    const server = serve(engine);
    await server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.server.address() as AddressInfo;
    const leaving = new AbortController();
    const response = fetch(`http://127.0.0.1:${port}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: 'a', stream }),
      signal: leaving.signal,
    });
    while (engine.requests.length === 0) await setTimeout(5);
    leaving.abort();
    await response.then((answer) => answer.text()).catch(() => undefined);
    await expect.poll(() => engine.cancelled, { timeout: 10_000 }).toBe(true);
  });
});

describe('GET /metrics', () => {
  it('counts tokens', async () => {
    const server = serve(createFakeEngine('Ahoy'));
    await server.inject({ method: 'POST', url: '/v1/completions', payload: { prompt: 'Hello' } });
    const { body } = await server.inject('/metrics');
    expect(body).toContain('\nllamacpp:prompt_tokens_total 2\n');
    expect(body).toContain('\nllamacpp:tokens_predicted_total 4\n');
  });
});
