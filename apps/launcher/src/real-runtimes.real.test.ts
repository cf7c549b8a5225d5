import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { EngineName } from './engines/engine.ts';
import { demoModelDirectory, exists } from './testing/harness.ts';
import {
  injectLauncher,
  servedName,
  type InjectedLauncher,
  type Served,
} from './testing/injected-launcher.ts';
import { because, llamaServerDirectory, vllmVenv } from './testing/real-runtimes.ts';

const base = 'Hello! I am a very small model, served from your own machine.';
const pirate = 'Arr! Hello! I be a very small model, served from yer own machine.';
const shout = 'HELLO! I AM A VERY SMALL MODEL, SERVED FROM YOUR OWN MACHINE.';

let launcher: InjectedLauncher;
let weights: string;

beforeAll(async () => {
  launcher = await injectLauncher();
  weights = join(launcher.folder, 'weights');
  cpSync(join(demoModelDirectory, 'own-base'), weights, { recursive: true });
  cpSync(join(demoModelDirectory, 'own-base.gguf'), join(weights, 'model.gguf'));
});

afterEach(() => launcher.endAll());
afterAll(() => launcher?.remove());

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
  expect([answer.status, body.model]).toEqual([200, model ?? servedName]);
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
  const { runtimePid = 0 } = await served.status();
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
    const served = await launcher.serve({ engine, programs: programs ?? '', weights, strengths });
    expect(await ask(served.url)).toBe(expected);
    expect(await ask(served.url, servedName)).toBe(expected);
    expect(await streamed(served.url)).toBe(expected);
    expect(residentMiB(served.process.pid)).toBeLessThan(90);
    await stop(served);
  });
}

test.skipIf(vllmVenv === undefined)(
  `vllm${because(vllmVenv, 'KAITO_TEST_VLLM_VENV')}: the sum, each adapter, the base, settings, metrics, and its end`,
  { timeout: 600_000 },
  async () => {
    const served = await launcher.serve({
      engine: 'vllm',
      programs: join(vllmVenv ?? '', 'bin'),
      weights,
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
    const { warnings, answered } = await served.status();
    expect(answered).toEqual(['completion']);
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

    const { runtimePid } = await served.status();
    process.kill(runtimePid ?? 0, 'SIGKILL');
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
    const served = await launcher.serve({
      engine: 'vllm',
      programs: join(vllmVenv ?? '', 'bin'),
      weights,
      strengths: { 'own-pirate': '1.0' },
      config: 'vllm:\n  enforce-eager: true\n  max-model-len: 512\n',
    });
    expect(await ask(served.url)).toBe(pirate);
    await stop(served);
  },
);
