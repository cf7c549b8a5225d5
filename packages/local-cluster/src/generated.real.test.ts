import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const sourcesMissing = 3;

test('src/generated is what the Kubernetes sources say', ({ skip }) => {
  const script = fileURLToPath(new URL('../scripts/generate.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  if (status === sourcesMissing) {
    process.stderr.write(`left out: whether src/generated is fresh: ${stderr}`);
    skip(stderr);
  }
  expect(stderr).toBe('');
  expect(status).toBe(0);
}, 300_000);
