import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { demoModelDirectory, exists } from '../testing/harness.ts';
import { end, freePort } from '../testing/injected-launcher.ts';
import { assembleLauncherRoot } from './assemble-launcher-root.ts';

const folder = mkdtempSync(join(tmpdir(), 'launcher-root-'));
const root = join(folder, 'injected');
const fixture = fileURLToPath(new URL('../../fixtures/runtime.mjs', import.meta.url));

beforeAll(async () => {
  await assembleLauncherRoot({ targetDirectory: root });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function copyArtifact(...words: readonly string[]): string {
  return execFileSync(join(root, 'bin/busybox'), ['sh', join(root, 'bin/copy-artifact.sh'), ...words], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

test('holds what a container needs, also after it was copied elsewhere', () => {
  expect(readdirSync(join(root, 'bin')).sort()).toEqual([
    'busybox',
    'copy-artifact.sh',
    'launcher',
    'node',
    'tini',
  ]);
  const copied = join(folder, 'copied');
  mkdirSync(copied);
  execFileSync(join(root, 'bin/busybox'), ['cp', '-a', `${root}/.`, copied]);
  const help = execFileSync(join(copied, 'bin/tini'), ['--', join(copied, 'bin/launcher'), '--help'], {
    encoding: 'utf8',
  });
  expect(help).toContain('KAITO_ENGINE_ARGUMENTS');
});

test('an artifact is copied whole, left alone when its marker matches, replaced when not', () => {
  const source = join(folder, 'data');
  const target = join(folder, 'mnt/adapter/one');
  mkdirSync(join(source, 'deep'), { recursive: true });
  writeFileSync(join(source, 'deep/file'), 'first');
  expect(copyArtifact(source, target, 'image:1')).toContain('now holds image:1');
  expect(readFileSync(join(target, 'deep/file'), 'utf8')).toBe('first');

  writeFileSync(join(target, 'deep/file'), 'touched');
  expect(copyArtifact(source, target, 'image:1')).toContain('already holds');
  expect(readFileSync(join(target, 'deep/file'), 'utf8')).toBe('touched');

  writeFileSync(join(source, 'second'), '');
  copyArtifact(source, target, 'image:2');
  expect(readFileSync(join(target, 'deep/file'), 'utf8')).toBe('first');
  expect(existsSync(join(target, 'deep/deep'))).toBe(false);
  expect(readdirSync(join(folder, 'mnt/adapter'))).toEqual(['one']);
});

test('what an interrupted copy left behind does not count as copied', () => {
  const source = join(folder, 'data2');
  const target = join(folder, 'mnt2/one');
  mkdirSync(source);
  writeFileSync(join(source, 'file'), 'x');
  mkdirSync(join(folder, 'mnt2/.tmp-one'), { recursive: true });
  writeFileSync(join(folder, 'mnt2/.tmp-one/half'), '');
  copyArtifact(source, target, 'image:1');
  expect(readdirSync(target).sort()).toEqual(['.kaito-artifact', 'file']);
});

test('an image without the folder says so', () => {
  expect(() => copyArtifact(join(folder, 'nothing'), join(folder, 'mnt3/one'), 'image:1')).toThrow(
    /the image image:1 holds no folder/u,
  );
});

test(
  'the bundled launcher serves a model with an adapter, stays small, and leaves nothing behind',
  { timeout: 60_000 },
  async () => {
    const programs = join(folder, 'programs');
    const weights = join(folder, 'weights');
    mkdirSync(programs);
    mkdirSync(weights);
    writeFileSync(
      join(programs, 'llama-server'),
      `#!/bin/sh\nexec '${process.execPath}' '${fixture}' "$@"\n`,
    );
    chmodSync(join(programs, 'llama-server'), 0o755);
    cpSync(join(demoModelDirectory, 'own-base.gguf'), join(weights, 'model.gguf'));
    const port = await freePort();
    const launcher = spawn(join(root, 'bin/tini'), ['--', join(root, 'bin/launcher')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: `${programs}:${process.env['PATH'] ?? ''}`,
        KAITO_ENGINE: 'llamacpp',
        KAITO_MODEL_NAME: 'own',
        KAITO_MODEL: weights,
        KAITO_ADAPTERS: '[{"name":"own-pirate","strength":"0.5"}]',
        KAITO_ADAPTERS_DIRECTORY: demoModelDirectory,
        KAITO_WORK_DIRECTORY: join(folder, 'work'),
        KAITO_PORT: String(port),
        KAITO_TERMINATION_LOG: join(folder, 'termination-log'),
        KAITO_DRAIN_DELAY_SECONDS: '0',
      },
    });
    onTestFinished(() => end(launcher));
    launcher.stdout.resume();
    const url = `http://127.0.0.1:${port}`;
    await expect
      .poll(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status, {
        timeout: 40_000,
        interval: 200,
      })
      .toBe(200);
    const residentMiB =
      Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${launcher.pid}/status`, 'utf8'))?.[1]) / 1024;
    expect(residentMiB).toBeLessThan(90);
    launcher.kill('SIGTERM');
    const [code] = (await once(launcher, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(existsSync(join(folder, 'termination-log'))).toBe(false);
    expect(readdirSync(join(folder, 'work'))).toEqual(['adapters']);
  },
);

test('killed without mercy, the launcher takes its runtime along', { timeout: 60_000 }, async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const launcher = spawn(join(root, 'bin/launcher'), {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: `${join(folder, 'programs')}:${process.env['PATH'] ?? ''}`,
      KAITO_ENGINE: 'llamacpp',
      KAITO_MODEL_NAME: 'own',
      KAITO_MODEL: join(folder, 'weights'),
      KAITO_WORK_DIRECTORY: join(folder, 'work2'),
      KAITO_PORT: String(port),
    },
  });
  onTestFinished(() => end(launcher));
  launcher.stdout.resume();
  await expect
    .poll(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status, {
      timeout: 40_000,
    })
    .toBe(200);
  const { runtimePid } = (await (await fetch(`${url}/status`)).json()) as {
    runtimePid: number;
  };
  expect(exists(runtimePid)).toBe(true);
  launcher.kill('SIGKILL');
  await expect.poll(() => exists(runtimePid), { timeout: 10_000 }).toBe(false);
});

test('told nonsense, it says which setting, leaves a termination message, and does not start', () => {
  const log = join(folder, 'early-termination-log');
  expect(() =>
    execFileSync(join(root, 'bin/launcher'), {
      env: { ...process.env, KAITO_ENGINE: 'ollama', KAITO_TERMINATION_LOG: log },
      stdio: 'pipe',
    }),
  ).toThrow(expect.objectContaining({ status: 2 }) as Error);
  expect(JSON.parse(readFileSync(log, 'utf8'))).toMatchObject({ class: 'ConfigInvalid' });
});
