import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exists, launch, preparationOf, until } from './testing/harness.ts';

test.concurrent('listens from its first second: the truth about itself, models, metrics, and 503 for work', async () => {
  const prepared = Promise.withResolvers<void>();
  await using it = await launch({
    prepare: async (_settings, { onConfigRead }) => {
      onConfigRead();
      await prepared.promise;
      return preparationOf({ kind: 'plain', model: '/weights' });
    },
  });
  expect(await it.status()).toMatchObject({
    phase: 'adapters',
    model: 'own',
    engine: 'vllm',
    revision: 'r1',
  });
  expect((await fetch(`${it.url}/livez`)).status).toBe(200);
  for (const path of ['/readyz', '/health', '/startupz'])
    expect((await fetch(`${it.url}${path}`)).status).toBe(503);
  expect(await (await fetch(`${it.url}/metrics`)).text()).toContain('launcher_phase{phase="adapters"} 1');
  const models = await fetch(`${it.url}/v1/models`);
  expect(models.status).toBe(200);
  expect(await models.json()).toMatchObject({ data: [{ id: 'own', object: 'model' }] });
  const refused = await it.post('/v1/chat/completions', { model: 'own', messages: [] });
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('5');
  expect(await refused.json()).toMatchObject({ error: { code: 'server_starting', param: null } });
  prepared.resolve();
  await it.reach('ready');
  for (const path of ['/readyz', '/health', '/startupz'])
    expect((await fetch(`${it.url}${path}`)).status).toBe(200);
});

test.concurrent('is ready only after its own canary came through its own port, with the model filled in', async () => {
  await using it = await launch();
  expect((await it.reach('ready')).answered).toEqual(['completion']);
  const seen = (await (await fetch(`${it.url}/version`)).json()) as { models: string[]; headers: object };
  expect(seen.models).toEqual(['own']);
  expect(seen.headers).not.toHaveProperty('x-kaito-canary');
});

test.concurrent('a runtime that is healthy but cannot complete a prompt never becomes ready', async () => {
  await using it = await launch({ behaviour: { refuseCompletions: 'LoRA kernel missing' } });
  expect(await it.launcher.ended).toBe(1);
  expect(it.terminationMessage()).toMatchObject({ class: 'CanaryFailed' });
  expect(it.terminationMessage().message).toContain('LoRA kernel missing');
});

test.concurrent('a model that only embeds is ready when it has embedded; the status and the log say so', async () => {
  await using it = await launch({
    behaviour: {
      routes: ['/health', '/v1/embeddings', '/pooling'],
      answers: {
        '/v1/completions': { status: 404, body: { detail: 'Not Found' } },
        '/v1/embeddings': { body: { data: [{ embedding: [0.5, -0.5] }] } },
      },
    },
  });
  expect((await it.reach('ready')).answered).toEqual(['embeddings']);
  expect(it.output()).toContain('the model answered {"answered":["embeddings"]}');
  const seen = (await (await fetch(`${it.url}/version`)).json()) as { models: string[]; paths: string[] };
  expect(seen).toMatchObject({ models: ['own', 'own'], paths: ['/v1/completions', '/v1/embeddings'] });
});

test.concurrent('a model that generates is not ready by its embeddings', async () => {
  await using it = await launch({
    behaviour: {
      routes: ['/v1/completions', '/v1/embeddings'],
      answers: {
        '/v1/completions': { status: 500, body: { error: { message: 'kernel missing' } } },
        '/v1/embeddings': { body: { data: [{ embedding: [0.5] }] } },
      },
    },
  });
  expect(await it.launcher.ended).toBe(1);
  expect(it.terminationMessage()).toMatchObject({ class: 'CanaryFailed' });
  expect(it.terminationMessage().message).toContain('kernel missing');
});

const crashes = [
  { lines: ['api_server.py: error: unrecognized arguments: --swap-spice 4'], code: 2, class: 'FlagRejected' },
  {
    lines: ['ValueError: ... the estimated maximum model length is 5120. Try increasing'],
    code: 1,
    class: 'KvCacheTooSmall',
  },
  {
    lines: ['torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB'],
    code: 1,
    class: 'OutOfMemory',
  },
  { lines: ['huggingface_hub.errors.GatedRepoError: 403 Client Error.'], code: 1, class: 'AccessDenied' },
  { lines: ['OSError: [Errno 98] Address already in use'], code: 1, class: 'PortInUse' },
  {
    lines: ['llama_model_load: error loading model: data is not within the file, model is corrupted'],
    code: 1,
    class: 'ModelInvalid',
  },
  { lines: ["error: option '--ctx-size' argument '-7' is invalid."], code: 2, class: 'FlagRejected' },
  { lines: ['Segmentation fault somewhere'], code: 139, class: 'RuntimeCrashed' },
  { lines: ['bye'], code: 0, class: 'RuntimeExited' },
];

test.concurrent.each(crashes)(
  'the runtime dies with "$lines.0" → $class',
  async ({ lines, code, class: expected }) => {
    await using it = await launch({ behaviour: { crash: { lines, code } } });
    expect(await it.launcher.ended).toBe(1);
    expect(it.terminationMessage()).toMatchObject({ class: expected, exitCode: code });
    expect(it.terminationMessage().lastLines.at(-1)).toBe(lines[0]);
    expect(it.terminationMessage().hint).not.toBe('');
  },
);

test.concurrent('a runtime killed from outside is RuntimeKilled with its signal, and nothing of its group is left', async () => {
  await using it = await launch({ behaviour: { helper: true } });
  const { runtimePid } = await it.reach('ready');
  const helper = Number(/helper (\d+)/u.exec(it.output())?.[1]);
  expect(exists(helper)).toBe(true);
  process.kill(runtimePid ?? 0, 'SIGKILL');
  expect(await it.launcher.ended).toBe(1);
  expect(it.terminationMessage()).toMatchObject({ class: 'RuntimeKilled', signal: 'SIGKILL' });
  await until(() => !exists(helper));
});

test.concurrent('a program that is not there is named', async () => {
  await using it = await launch({ environment: { PATH: '/nowhere' } });
  expect(await it.launcher.ended).toBe(1);
  expect(it.terminationMessage()).toMatchObject({ class: 'ProgramNotFound' });
});

test.concurrent('drains: not ready at once, requests in flight end well, new ones are sent elsewhere, then the runtime stops', async () => {
  await using it = await launch({ settings: { terminationGraceSeconds: 60 } });
  const { runtimePid } = await it.reach('ready');
  const heldBy = join(it.folder, 'held');
  writeFileSync(heldBy, '');
  const inFlight = it.post('/v1/completions', { stream: true, events: 10, heldBy });
  await until(async () => (await it.status()).requestsInFlight === 1);
  it.launcher.terminate();
  await it.reach('draining');
  expect((await fetch(`${it.url}/readyz`)).status).toBe(503);
  expect((await fetch(`${it.url}/livez`)).status).toBe(200);
  await until(async () => (await it.post('/v1/completions', {})).status === 503);
  const late = await it.post('/v1/completions', {});
  expect(await late.json()).toMatchObject({ error: { code: 'server_stopping' } });
  expect((await it.status()).requestsInFlight).toBe(1);
  rmSync(heldBy);
  expect(await (await inFlight).text()).toContain('"index":9}\n\ndata: [DONE]');
  expect(await it.launcher.ended).toBe(0);
  expect(exists(runtimePid ?? 0)).toBe(false);
});

test.concurrent('late requests are served for a moment after SIGTERM', async () => {
  await using it = await launch({ settings: { drainDelaySeconds: 2 } });
  await it.reach('ready');
  it.launcher.terminate();
  await it.reach('draining');
  expect((await it.post('/v1/completions', {})).status).toBe(200);
});

test.concurrent('a runtime that ignores SIGTERM is killed with its whole group', async () => {
  await using it = await launch({
    behaviour: { ignoreTerm: true, helper: true },
    settings: { terminationGraceSeconds: 3 },
  });
  const { runtimePid } = await it.reach('ready');
  const helper = Number(/helper (\d+)/u.exec(it.output())?.[1]);
  it.launcher.terminate();
  expect(await it.launcher.ended).toBe(0);
  expect(it.output()).toContain('SIGTERM ignored');
  await until(() => ![runtimePid ?? 0, helper].some(exists));
});

test.concurrent('asked to end while the runtime loads, it does not wait', async () => {
  await using it = await launch({ behaviour: { hang: true } });
  await it.reach('starting');
  await until(async () => (await it.status()).runtimePid !== undefined);
  it.launcher.terminate();
  expect(await it.launcher.ended).toBe(0);
});

test.concurrent('progress of loading is visible', async () => {
  await using it = await launch({
    behaviour: {
      say: ['(Worker pid=1) Loading safetensors checkpoint shards:  25% Completed | 1/4'],
      hang: true,
    },
  });
  const status = await it.reach('loading');
  expect(status.progress).toBe('Loading safetensors checkpoint shards:  25% Completed | 1/4');
});

test.concurrent('the runtime does not see what is the launcher’s, nor a Service called vllm; secrets do not reach the log', async () => {
  await using it = await launch({
    environment: {
      KAITO_ENGINE: 'vllm',
      NODE_OPTIONS: '--no-warnings',
      VLLM_PORT: 'tcp://10.0.0.1:80',
      HF_TOKEN: 'hf_verysecret',
      OTHER: 'stays',
    },
    behaviour: { say: ['token is hf_verysecret'] },
  });
  await it.reach('ready');
  const { environment } = (await (await fetch(`${it.url}/version`)).json()) as { environment: string[] };
  expect(environment).toEqual(
    expect.arrayContaining(['OTHER', 'HF_TOKEN', 'VLLM_NO_USAGE_STATS', 'HF_HUB_OFFLINE']),
  );
  for (const name of ['KAITO_ENGINE', 'NODE_OPTIONS', 'VLLM_PORT']) expect(environment).not.toContain(name);
  expect(it.output()).toContain('token is ***');
});
