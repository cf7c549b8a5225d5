import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assembleLauncherRoot } from './image/assemble-launcher-root.ts';
import type { EngineName } from './engines/engine.ts';
import { demoModelDirectory, exists } from './testing/harness.ts';
import { because, llamaServerDirectory, vllmVenv } from './testing/real-runtimes.ts';

const base = 'Hello! I am a very small model, served from your own machine.';
const pirate = 'Arr! Hello! I be a very small model, served from yer own machine.';
const shout = 'HELLO! I AM A VERY SMALL MODEL, SERVED FROM YOUR OWN MACHINE.';

const folder = mkdtempSync(join(tmpdir(), 'launcher-real-'));
const root = join(folder, 'injected');
const weights = join(folder, 'weights');

beforeAll(async () => {
  await assembleLauncherRoot({ targetDirectory: root });
  cpSync(join(demoModelDirectory, 'own-base'), weights, { recursive: true });
  cpSync(join(demoModelDirectory, 'own-base.gguf'), join(weights, 'model.gguf'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Served {
  readonly url: string;
  readonly process: ChildProcess;
  readonly log: () => string;
  readonly work: string;
}

interface Order {
  readonly engine: EngineName;
  readonly programs: string;
  readonly strengths: Readonly<Record<string, string>>;
  readonly config?: string;
}

/** The injected launcher as a pod would start it, around the real runtime. */
async function serve({ engine, programs, strengths, config }: Order): Promise<Served> {
  const work = mkdtempSync(join(folder, `${engine}-`));
  const port = await freePort();
  const configFile = join(work, 'inference_config.yaml');
  if (config !== undefined) writeFileSync(configFile, config);
  const child = spawn(join(root, 'bin/tini'), ['--', join(root, 'bin/launcher')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: `${programs}:${process.env['PATH'] ?? ''}`,
      HOME: work,
      VLLM_CPU_KVCACHE_SPACE: '1',
      KAITO_ENGINE: engine,
      KAITO_MODEL_NAME: 'own-tiny-qwen2',
      KAITO_MODEL: weights,
      KAITO_ADAPTERS: JSON.stringify(
        Object.entries(strengths).map(([name, strength]) => ({ name, strength })),
      ),
      KAITO_ADAPTERS_DIRECTORY: demoModelDirectory,
      KAITO_WORK_DIRECTORY: work,
      KAITO_PORT: String(port),
      KAITO_TERMINATION_LOG: join(work, 'termination-log'),
      ...(config === undefined ? {} : { KAITO_CONFIG_FILE: configFile }),
    },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return { url, process: child, log: () => log, work };
    if (child.exitCode !== null) throw new Error(`the launcher ended with ${child.exitCode}\n${log}`);
    await sleep(200);
  }
}

async function ask(url: string, model?: string): Promise<string> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...(model === undefined ? {} : { model }),
      messages: [{ role: 'user', content: 'Hello' }],
      temperature: 0,
      max_tokens: 100,
    }),
  });
  const body = (await answer.json()) as { model: string; choices: { message: { content: string } }[] };
  expect([answer.status, body.model]).toEqual([200, model ?? 'own-tiny-qwen2']);
  return body.choices[0]?.message.content ?? '';
}

async function streamed(url: string): Promise<string> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      stream: true,
      messages: [{ role: 'user', content: 'Hello' }],
      temperature: 0,
      max_tokens: 100,
    }),
  });
  const events = (await answer.text()).split('\n\n').filter((event) => event !== '');
  expect(events.at(-1)).toBe('data: [DONE]');
  return events
    .slice(0, -1)
    .map(
      (event) =>
        JSON.parse(event.slice('data: '.length)) as { choices: { delta?: { content?: string | null } }[] },
    )
    .map(({ choices }) => choices[0]?.delta?.content ?? '')
    .join('');
}

/** Ends the launcher as the kubelet does and looks at what is left. */
async function stop(served: Served): Promise<void> {
  const { runtimePid = 0 } = (await (await fetch(`${served.url}/status`)).json()) as { runtimePid?: number };
  served.process.kill('SIGTERM');
  const [code] = (await once(served.process, 'exit')) as [number | null];
  expect(code).toBe(0);
  expect(exists(runtimePid)).toBe(false);
}

function residentMiB(pid: number | undefined): number {
  return Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

const light: readonly { engine: EngineName; programs: string | undefined; needs: string }[] = [
  { engine: 'llamacpp', programs: llamaServerDirectory, needs: 'KAITO_TEST_LLAMA_SERVER' },
  { engine: 'transformers', programs: vllmVenv && join(vllmVenv, 'bin'), needs: 'KAITO_TEST_VLLM_VENV' },
];

for (const { engine, programs, needs } of light) {
  test.skipIf(programs === undefined).each([
    [{}, base],
    [{ 'own-pirate': '0.25' }, base],
    [{ 'own-pirate': '1.0' }, pirate],
    [{ 'own-pirate': '0', 'own-shout': '1.0' }, shout],
  ])(`${engine}${because(programs, needs)}: %j`, { timeout: 180_000 }, async (strengths, expected) => {
    const served = await serve({ engine, programs: programs ?? '', strengths });
    expect(await ask(served.url)).toBe(expected);
    expect(await ask(served.url, 'own-tiny-qwen2')).toBe(expected);
    expect(await streamed(served.url)).toBe(expected);
    expect(residentMiB(served.process.pid)).toBeLessThan(90);
    await stop(served);
  });
}

test.skipIf(vllmVenv === undefined)(
  `vllm${because(vllmVenv, 'KAITO_TEST_VLLM_VENV')}: the sum, each adapter, the base, settings, metrics, and its end`,
  { timeout: 600_000 },
  async () => {
    const served = await serve({
      engine: 'vllm',
      programs: join(vllmVenv ?? '', 'bin'),
      strengths: { 'own-pirate': '0.25', 'own-shout': '0' },
      config:
        'vllm:\n  max-model-len: 768\n  enforce-eager: true\n  enable-prefix-caching: false\n  swap-space: 4\n',
    });
    expect(await ask(served.url)).toBe(base);
    expect(await ask(served.url, 'own-pirate')).toBe(pirate);
    expect(await ask(served.url, 'own-shout')).toBe(shout);
    expect(await ask(served.url, 'own-tiny-qwen2-base')).toBe(base);
    expect(await streamed(served.url)).toBe(base);
    const settings = /non-default args: .*/u.exec(served.log())?.[0] ?? '';
    expect(settings).toContain("'max_model_len': 768");
    expect(settings).toContain("'enforce_eager': True");
    expect(settings).toContain("'enable_prefix_caching': False");
    const { warnings } = (await (await fetch(`${served.url}/status`)).json()) as { warnings: string[] };
    expect(warnings.join('\n')).toContain('swap-space is gone in vllm 0.32.0');
    const unknown = await fetch(`${served.url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"model":"nobody","prompt":"x"}',
    });
    expect(unknown.status).toBe(404);
    expect(await (await fetch(`${served.url}/metrics`)).text()).toMatch(
      /vllm:generation_tokens_total\{.*model_name=/u,
    );
    expect(residentMiB(served.process.pid)).toBeLessThan(90);

    const { runtimePid } = (await (await fetch(`${served.url}/status`)).json()) as { runtimePid: number };
    process.kill(runtimePid, 'SIGKILL');
    const [code] = (await once(served.process, 'exit')) as [number | null];
    expect(code).toBe(1);
    expect(JSON.parse(readFileSync(join(served.work, 'termination-log'), 'utf8'))).toMatchObject({
      class: 'RuntimeKilled',
      signal: 'SIGKILL',
    });
    expect(execFileSync('ps', ['-e', '-o', 'args']).toString()).not.toContain(served.work);
  },
);

test.skipIf(vllmVenv === undefined)(
  `vllm${because(vllmVenv, 'KAITO_TEST_VLLM_VENV')}: the fused adapter at full strength speaks for the model`,
  { timeout: 600_000 },
  async () => {
    const served = await serve({
      engine: 'vllm',
      programs: join(vllmVenv ?? '', 'bin'),
      strengths: { 'own-pirate': '1.0' },
      config: 'vllm:\n  enforce-eager: true\n  max-model-len: 512\n',
    });
    expect(await ask(served.url)).toBe(pirate);
    await stop(served);
  },
);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
