import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { expect, test } from 'vitest';
import { launch, type Harness, until } from '../testing/harness.ts';

interface Seen {
  readonly models: readonly (string | null)[];
  readonly aborted: number;
  readonly requests: number;
  readonly headers: Readonly<Record<string, string>>;
}

async function seen(it: Harness): Promise<Seen> {
  return (await (await fetch(`${it.url}/version`)).json()) as Seen;
}

test.concurrent('events arrive one by one, not in a heap at the end', async () => {
  await using it = await launch();
  await it.reach('ready');
  const response = await it.post('/v1/chat/completions', { stream: true, events: 4, delay: 150 });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const arrivals: number[] = [];
  for await (const _chunk of response.body as unknown as AsyncIterable<Uint8Array>)
    arrivals.push(performance.now());
  expect(arrivals.length).toBeGreaterThanOrEqual(4);
  expect((arrivals[3] ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(300);
});

test.concurrent.each([
  ['during a stream', { stream: true, events: 100, delay: 50 }],
  ['before the first byte', { delay: 20_000 }],
])('a client that leaves %s stops the runtime', async (_when, body) => {
  await using it = await launch();
  await it.reach('ready');
  const leaving = new AbortController();
  const answer = it
    .post('/v1/completions', body, { signal: leaving.signal })
    .then(async (response) => response.text());
  await until(async () => (await it.status()).requestsInFlight === 1);
  leaving.abort();
  await expect(answer).rejects.toThrow(/abort/iu);
  await until(async () => (await seen(it)).aborted === 1);
  await until(async () => (await it.status()).requestsInFlight === 0);
  expect(await (await fetch(`${it.url}/metrics`)).text()).toMatch(/outcome="clientLeft",status="499"\} 1/u);
});

const modelCases = [
  { body: '{"prompt":"x"}', model: 'own' },
  { body: '{}', model: 'own' },
  { body: '{"model":"","prompt":"x"}', model: 'own' },
  { body: '{"model":null,"n":12345678901234567890}', model: 'own' },
  { body: '{"a":{"model":"inner"},"model" : "" }', model: 'own' },
  { body: '{"model":"pirate"}', model: 'pirate' },
];

test.concurrent('a missing or empty model becomes the served one, whatever else the body holds', async () => {
  await using it = await launch();
  await it.reach('ready');
  for (const { body, model } of modelCases) {
    const { received } = (await (await it.post('/v1/completions', body)).json()) as { received: string };
    expect([body, (JSON.parse(received) as { model: string }).model]).toEqual([body, model]);
    expect(received.includes('12345678901234567890')).toBe(body.includes('12345678901234567890'));
  }
});

test.concurrent('an unknown model is the runtime’s own 404, and a body that is no JSON the runtime’s own 400', async () => {
  await using it = await launch();
  await it.reach('ready');
  const unknown = await it.post('/v1/completions', { model: 'nobody' });
  expect(unknown.status).toBe(404);
  expect(await unknown.json()).toMatchObject({ error: { message: 'The model `nobody` does not exist.' } });
  expect((await it.post('/v1/completions', '{"model":')).status).toBe(400);
});

test.concurrent('what is not on the list does not exist for clients', async () => {
  await using it = await launch();
  await it.reach('ready');
  const paths = [
    '/v1/load_lora_adapter',
    '/v1/unload_lora_adapter',
    '/v1/load_lora_adapter/',
    '//v1/load_lora_adapter',
    '/v1/%6coad_lora_adapter',
    '/reset',
    '/load_model',
    '/sleep',
    '/collective_rpc',
    '/docs',
  ];
  for (const path of paths) {
    const answer = await it.post(path, {});
    expect([path, answer.status]).toEqual([path, 404]);
    expect(await answer.json()).toMatchObject({ error: { code: 'path_not_exposed' } });
  }
  const wrongMethod = await fetch(`${it.url}/v1/chat/completions`);
  expect([wrongMethod.status, wrongMethod.headers.get('allow')]).toEqual([405, 'POST']);
  expect((await seen(it)).requests).toBe(1);
});

test.concurrent('headers of one connection stay there, the others pass', async () => {
  await using it = await launch();
  await it.reach('ready');
  const request = httpRequest(`${it.url}/v1/completions`, {
    method: 'POST',
    agent: false,
    headers: {
      'content-type': 'application/json',
      connection: 'close, x-secret-hop',
      'x-secret-hop': '1',
      te: 'trailers',
      expect: '100-continue',
      authorization: 'Bearer key',
      'x-request-id': 'abc',
    },
  });
  request.end('{}');
  await once(request, 'response');
  const { headers } = await seen(it);
  expect(headers).toMatchObject({ authorization: 'Bearer key', 'x-request-id': 'abc' });
  for (const name of ['x-secret-hop', 'te', 'expect']) expect(headers).not.toHaveProperty(name);
});

test.concurrent('a browser’s question before a request is the runtime’s to answer, on the routes that clients have', async () => {
  await using it = await launch();
  await it.reach('ready');
  const ask = async (path: string, method: string): Promise<Response> =>
    fetch(`${it.url}${path}`, {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-method': method },
    });
  const answers = [await ask('/v1/chat/completions', 'POST'), await ask('/v1/models', 'GET')];
  for (const { headers } of answers)
    expect(headers.get('access-control-allow-origin')).toBe('https://a.example');
  expect((await ask('/v1/load_lora_adapter', 'POST')).status).toBe(404);
  expect((await fetch(`${it.url}/v1/chat/completions`, { method: 'OPTIONS' })).status).toBe(405);
});

test.concurrent('the runtime dies in the middle of a stream: an error event, no false [DONE]', async () => {
  await using it = await launch();
  await it.reach('ready');
  const text = await (await it.post('/v1/completions', { stream: true, dieAt: 1, delay: 50 })).text();
  expect(text).toContain('"index":1');
  expect(text).toContain('upstream_terminated');
  expect(text).not.toContain('[DONE]');
  expect(await it.launcher.ended).toBe(1);
});

test.concurrent('the runtime dies before it answers: 502 in the form of OpenAI', async () => {
  await using it = await launch();
  await it.reach('ready');
  const answer = await it.post('/v1/completions', { exit: 3 });
  expect(answer.status).toBe(502);
  expect(await answer.json()).toMatchObject({ error: { code: 'upstream_terminated' } });
});

test.concurrent('a body over the limit is 413 before a byte of it is read', async () => {
  await using it = await launch();
  await it.reach('ready');
  const request = httpRequest(`${it.url}/v1/completions`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', 'content-length': 65 * 1024 * 1024 },
  });
  request.flushHeaders();
  const [response] = (await once(request, 'response')) as [{ statusCode: number }];
  expect(response.statusCode).toBe(413);
  request.destroy();
});

test.concurrent('own metrics and the runtime’s in one document, labels intact', async () => {
  await using it = await launch();
  await it.reach('ready');
  const text = await (await fetch(`${it.url}/metrics`)).text();
  expect(text).toContain('vllm:num_requests_running{model_name="own",engine="0"} 1');
  expect(text).toContain('launcher_phase{phase="ready"} 1');
  expect(text).toContain('launcher_upstream_scrape_ok 1');
});

test.concurrent('vllm lists its own models once it serves', async () => {
  await using it = await launch();
  await it.reach('ready');
  expect(await (await fetch(`${it.url}/v1/models`)).json()).toMatchObject({
    data: [{ id: 'from-the-runtime' }],
  });
});

test.concurrent('transformers: model mapped both ways, streams ended, models listed, others refused', async () => {
  await using it = await launch({
    engine: 'transformers',
    behaviour: { withoutDone: true, echo: '@main' },
    delivery: { kind: 'plain', model: '/work/merged' },
    settings: { model: '/weights' },
  });
  await it.reach('ready');
  const whole = await it.post('/v1/chat/completions', { model: 'own', messages: [] });
  expect(await whole.json()).toMatchObject({
    model: 'own',
    received: '{"model":"/work/merged","messages":[]}',
  });
  const stream = await (await it.post('/v1/chat/completions', { stream: true })).text();
  expect(stream.match(/"model":"own"/gu)).toHaveLength(3);
  expect(stream.endsWith('\n\ndata: [DONE]\n\n')).toBe(true);
  expect(await (await fetch(`${it.url}/v1/models`)).json()).toMatchObject({ data: [{ id: 'own' }] });
  const unknown = await it.post('/v1/chat/completions', { model: 'gpt' });
  expect(unknown.status).toBe(404);
  expect(await unknown.json()).toMatchObject({ error: { code: 'model_not_found' } });
});
