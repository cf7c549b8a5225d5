import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const generator = fileURLToPath(new URL('../../../tools/presets/generate.mjs', import.meta.url));
const runtimesOnly = fileURLToPath(new URL('./runtimes.ts', import.meta.url));

test('what is embedded is what presets/ says', () => {
  const { status, stderr } = spawnSync(process.execPath, [generator, '--check'], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('a program that needs runtimes only carries no models, no YAML and no schemas', async () => {
  const result = await build({
    entryPoints: [runtimesOnly],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'node',
    metafile: true,
  });
  const inputs = Object.keys(result.metafile.inputs);
  expect(inputs.filter((file) => /models\.ts|gpus\.ts|zod|js-yaml/.test(file))).toEqual([]);
});
