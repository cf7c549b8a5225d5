import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { assembleLauncherRoot } from './image/assemble-launcher-root.ts';
import { demoModelDirectory, until } from './testing/harness.ts';
import { end, freePort } from './testing/injected-launcher.ts';

const bin = join(
  dirname(createRequire(import.meta.url).resolve('@kaito-ts/launcher/package.json')),
  '../../node_modules/.bin',
);
const isInstalled = existsSync(join(bin, 'kaito-cpu-runtime')) && canResolve('node-llama-cpp');

test.skipIf(!isInstalled)(
  'the product’s own CPU runtime serves the demo model with its adapter',
  { timeout: 90_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'launcher-cpu-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    await assembleLauncherRoot({ targetDirectory: join(folder, 'injected') });
    cpSync(join(demoModelDirectory, 'own-base.gguf'), join(folder, 'weights/model.gguf'));
    const port = await freePort();
    const launcher = spawn(join(folder, 'injected/bin/launcher'), {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: `${bin}:/usr/bin:/bin`,
        KAITO_ENGINE: 'llamacpp',
        KAITO_MODEL_NAME: 'own-tiny-qwen2',
        KAITO_MODEL: join(folder, 'weights'),
        KAITO_ADAPTERS: '[{"name":"own-pirate","strength":"1.0"}]',
        KAITO_ADAPTERS_DIRECTORY: demoModelDirectory,
        KAITO_WORK_DIRECTORY: join(folder, 'work'),
        KAITO_PORT: String(port),
        KAITO_DRAIN_DELAY_SECONDS: '0',
      },
    });
    onTestFinished(() => end(launcher));
    const url = `http://127.0.0.1:${port}`;
    await until(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200, 80_000);
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        messages: [{ role: 'user', content: 'Hello' }],
        temperature: 0,
        max_tokens: 100,
      }),
    });
    expect(await answer.json()).toMatchObject({
      model: 'own-tiny-qwen2',
      choices: [
        { message: { content: 'Arr! Hello! I be a very small model, served from yer own machine.' } },
      ],
    });
    launcher.kill('SIGTERM');
    expect(await once(launcher, 'exit')).toEqual([0, null]);
  },
);

function canResolve(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}
