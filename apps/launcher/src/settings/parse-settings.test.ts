import { expect, test } from 'vitest';
import { engineNames } from '../engines/index.ts';
import { parseSettings } from './parse-settings.ts';
import type { Settings } from './settings.ts';

const minimal = { KAITO_ENGINE: 'vllm', KAITO_MODEL_NAME: 'own', KAITO_MODEL: '/workspace/weights/model' };

function parse(environment: Readonly<Record<string, string>>, ...argv: readonly string[]): Settings {
  return parseSettings({ argv, environment, engines: engineNames, temporaryDirectory: '/tmp/x' });
}

test('environment, flags over it, defaults below; empty means absent', () => {
  const settings = parse(
    { ...minimal, KAITO_PORT: '6000', KAITO_REVISION: '', KAITO_ADAPTERS: '[]' },
    '--port=7000',
    '--engine',
    'llamacpp',
  );
  expect(settings).toMatchObject({
    engine: 'llamacpp',
    port: 7000,
    revision: undefined,
    adapters: [],
    workDirectory: '/tmp/x',
    terminationGraceSeconds: 30,
  });
});

test('adapters keep their order; strengths are texts as in the manifest', () => {
  const settings = parse({
    ...minimal,
    KAITO_ADAPTERS: '[{"name":"b","strength":"0.25"},{"name":"a"}]',
    KAITO_ADAPTERS_DIRECTORY: '/mnt/adapter',
  });
  expect(settings.adapters).toEqual([
    { name: 'b', strength: 0.25 },
    { name: 'a', strength: 1 },
  ]);
});

const refused: readonly [Readonly<Record<string, string>>, RegExp][] = [
  [
    { KAITO_ENGINE: 'ollama' },
    /^KAITO_ENGINE \(--engine\) must be one of vllm, transformers, llamacpp, got "ollama"$/u,
  ],
  [{ KAITO_MODEL: '' }, /^KAITO_MODEL .*is required/u],
  [{ KAITO_PORT: '99999' }, /^KAITO_PORT .*between 0 and 65535/u],
  [{ KAITO_ADAPTERS: '{' }, /^KAITO_ADAPTERS .*is not JSON/u],
  [{ KAITO_ADAPTERS: '[{"name":"a"}]' }, /^KAITO_ADAPTERS_DIRECTORY .*is needed/u],
  [{ KAITO_ADAPTERS: '[{"name":"../a"}]' }, /needs a name of lower-case/u],
  [{ KAITO_ADAPTERS: '[{"name":"a","strength":"2"}]' }, /strength of "a" must be a number from 0 to 1/u],
  [{ KAITO_ADAPTERS: '[{"name":"a"},{"name":"a"}]' }, /names the adapter "a" twice/u],
  [{ KAITO_ENGINE_ARGUMENTS: '[]' }, /must be a JSON object/u],
];

test.each(refused)('%j', (environment, message) => {
  expect(() => parse({ ...minimal, ...environment })).toThrow(
    expect.objectContaining({
      failureClass: 'ConfigInvalid',
      message: expect.stringMatching(message) as string,
    }) as Error,
  );
});

test('an unknown flag is named', () => {
  expect(() => parse(minimal, '--prot=1')).toThrow(/--prot/u);
});
