import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** Modules that a process has loaded once it has the package and nothing else. */
function loadedBy(file: string): readonly string[] {
  const program = `await import(${JSON.stringify(file)}); console.log(JSON.stringify(process.moduleLoadList));`;
  const options = { encoding: 'utf8', env: {} } as const;
  const flags = ['--conditions=@kaito-ts/source', '--input-type=module', '--eval', program];
  return JSON.parse(execFileSync(process.execPath, flags, options)) as string[];
}

test('importing the package loads no network, no child processes and no Kubernetes client', () => {
  const loaded = loadedBy(fileURLToPath(new URL('index.ts', import.meta.url)));
  expect(
    loaded.filter((name) => /^NativeModule (https?|http2|net|tls|dns|child_process)$/.test(name)),
  ).toEqual([]);
  expect(loaded.length).toBeGreaterThan(10);
});

test('it depends on the catalogue alone', async () => {
  const { default: sizing } = await import('../package.json', { with: { type: 'json' } });
  expect(Object.keys(sizing.dependencies)).toEqual(['@kaito-ts/preset-catalog']);
});
