import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectImages } from './recipes.ts';

const execute = promisify(execFile);
const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write('images: left out, for chroot needs root\n');
const slow = { timeout: 180_000 };
const folder = await mkdtemp(join(tmpdir(), 'kaito-images-test-'));

beforeAll(async () => {
  if (!isRoot) return;
  for (const [name, { assemble }] of Object.entries(await projectImages())) {
    await mkdir(join(folder, name), { mode: 0o755 });
    // The first to ask for them downloads Debian packages.
    await assemble(join(folder, name), (line) => process.stderr.write(`images: ${line}\n`));
  }
}, 900_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

function inRoot(root: string, ...command: readonly string[]): Promise<{ readonly stdout: string }> {
  return execute('/usr/sbin/chroot', ['--userspec=65532:65532', join(folder, root), ...command], {
    env: { PATH: '/usr/local/bin:/bin' },
  });
}

it.runIf(isRoot)('the operator runs in its root alone', slow, async () => {
  const { stdout } = await inRoot('operator', '/bin/tini', '--', 'node', '/app/dist/main.mjs', '--help');
  expect(stdout).toContain('--node-provisioner');
});

it.runIf(isRoot)('the CPU runtime starts in its root alone', slow, async () => {
  const { stdout } = await inRoot('llama-cpp', '/bin/tini', '--', 'kaito-cpu-runtime', '--help');
  expect(stdout).toContain('--lora-scaled');
});

it.runIf(isRoot)(
  'the launcher runs in an image that holds nothing at all, and so do its children',
  slow,
  async () => {
    const image = join(folder, 'empty');
    await mkdir(image);
    await rename(join(folder, 'launcher/launcher'), join(image, 'kaito'));
    const { stdout } = await inRoot('empty', '/kaito/bin/tini', '--', '/kaito/bin/launcher', '--help');
    expect(stdout).toContain('KAITO_ENGINE_ARGUMENTS');
    await writeFile(
      join(image, 'parent.cjs'),
      `require('node:child_process').fork('/child.cjs').on('message', (text) => console.log(text));`,
    );
    await writeFile(
      join(image, 'child.cjs'),
      `process.send('from ' + process.execPath, () => process.disconnect());`,
    );
    expect((await inRoot('empty', '/kaito/bin/node', '/parent.cjs')).stdout).toBe('from /kaito/bin/node\n');
  },
);
