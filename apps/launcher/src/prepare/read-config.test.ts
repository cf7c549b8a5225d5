import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { engineOf } from '../engines/index.ts';
import type { Settings } from '../settings/settings.ts';
import { testSettings } from '../testing/harness.ts';
import { readEngineConfiguration, type EngineConfiguration } from './read-config.ts';

function read(yaml: string | undefined, overrides: Partial<Settings> = {}): EngineConfiguration {
  const folder = mkdtempSync(join(tmpdir(), 'launcher-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const configFile = join(folder, 'inference_config.yaml');
  if (yaml !== undefined) writeFileSync(configFile, yaml);
  const settings = testSettings(folder, {
    configFile: yaml === undefined ? undefined : configFile,
    ...overrides,
  });
  return readEngineConfiguration(settings, engineOf(settings.engine));
}

test('the documented example of upstream: what still exists is set, what is gone is said', () => {
  const { flags, warnings, table } = read(`
max_probe_steps: 6
vllm:
  cpu-offload-gb: 0
  gpu-memory-utilization: 0.95
  swap-space: 4
  max-model-len: 131072
  tensor-parallel-size: 2
  max-seq-len-to-capture: 8192
  num-scheduler-steps: 1
  enable-chunked-prefill: true
  chat-template: "/workspace/chat_templates/tool-chat-phi4-mini.jinja"
`);
  expect(table.version).toBe('0.32.0');
  expect([...flags.values()].flat()).toEqual([
    '--cpu-offload-gb=0',
    '--gpu-memory-utilization=0.95',
    '--max-model-len=131072',
    '--tensor-parallel-size=2',
    '--enable-chunked-prefill',
  ]);
  const text = warnings.join('\n');
  for (const gone of [
    'max_probe_steps',
    'swap-space',
    'max-seq-len-to-capture',
    'num-scheduler-steps',
    'tool-chat-phi4-mini',
  ]) {
    expect(text).toContain(gone);
  }
  expect(text).toMatch(
    /inference_config\.yaml:6: vllm: swap-space is gone in vllm 0\.32\.0 and was left out/u,
  );
});

test('inference_config.yaml wins over the operator', () => {
  const { flags } = read('vllm:\n  max-model-len: 512\n', {
    engineArguments: { 'max-model-len': 'auto', 'tensor-parallel-size': 1 },
  });
  expect([...flags.values()].flat()).toEqual(['--max-model-len=512', '--tensor-parallel-size=1']);
});

test('only the section of this engine counts, written as this engine reads it', () => {
  const yaml = 'vllm:\n  max-model-len: 512\nllamacpp:\n  ctx-size: 256\n';
  const { flags } = read(yaml, { engine: 'llamacpp' });
  expect([...flags.values()]).toEqual([['--ctx-size', '256']]);
});

const refused: readonly [string, RegExp][] = [
  ['- a\n- b\n', /^inference_config\.yaml/u],
  ['vllm:\n\tmax-model-len: 5\n', /^inference_config\.yaml:2/u],
  [
    'vllm:\n  max-model-len: many\n',
    /^inference_config\.yaml:2: vllm: max-model-len must be a whole number/u,
  ],
  [
    'vllm:\n  dtype: half\n  max-modle-len: 5\n',
    /:3: vllm: max-modle-len is no flag of vllm 0\.32\.0; did you mean max-model-len\?/u,
  ],
  ['vllm:\n  port: 80\n', /:2: vllm: port cannot be set/u],
  ['vllm:\n  api-key: x\n', /:2: vllm: api-key cannot be set/u],
  ['vllm:\n  api_key: x\n', /:2: vllm: api_key cannot be set/u],
];

test.each(refused)('%j', (yaml, message) => {
  expect(() => read(yaml)).toThrow(
    expect.objectContaining({
      failureClass: 'ConfigInvalid',
      message: expect.stringMatching(message) as string,
    }) as Error,
  );
});

test('a version that the catalogue does not know is checked against the nearest one, and this is said', () => {
  const { warnings, table } = read(undefined, { engineVersion: '0.31.5' });
  expect(table.version).toBe('0.30.0');
  expect(warnings).toEqual(['vllm 0.31.5 is not in the catalogue; its flags were checked against 0.30.0']);
});

test('a file that is not there is ConfigInvalid', () => {
  expect(() => read(undefined, { configFile: '/nowhere/inference_config.yaml' })).toThrow(
    /cannot read \/nowhere/u,
  );
});
