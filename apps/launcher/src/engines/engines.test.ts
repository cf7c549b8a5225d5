import { expect, test } from 'vitest';
import { testSettings } from '../testing/harness.ts';
import type { CommandInput, Delivery, Engine, EngineName } from './engine.ts';
import { engineOf } from './index.ts';

const plain: Delivery = { kind: 'plain', model: '/weights' };
const adapted: Delivery = {
  kind: 'peftModules',
  model: '/weights',
  rank: 32,
  modules: [
    { name: 'own', path: '/work/fused' },
    { name: 'pirate', path: '/work/a,b=c' },
  ],
};

function command(engine: EngineName, overrides: Partial<CommandInput>): readonly string[] {
  const settings = testSettings('/t', { engine, modelName: 'own', model: '/weights' });
  return engineOf(engine).command({
    settings,
    delivery: plain,
    endpoint:
      engineOf(engine).endpoint === 'socket'
        ? { kind: 'socket', path: '/run/x.sock' }
        : { kind: 'port', host: '127.0.0.1', port: 7 },
    flags: new Map(),
    knownFlags: new Set(),
    cpuCount: 2,
    ...overrides,
  });
}

test('vllm without adapters: the base under the model’s name, on a socket', () => {
  expect(command('vllm', { flags: new Map([['dtype', ['--dtype=half']]]) })).toEqual([
    'serve',
    '/weights',
    '--uds=/run/x.sock',
    '--served-model-name=own',
    '--dtype=half',
  ]);
});

test('vllm with adapters: the base steps aside, the sum speaks for the model, in slots of their rank', () => {
  expect(command('vllm', { delivery: adapted })).toEqual([
    'serve',
    '/weights',
    '--uds=/run/x.sock',
    '--served-model-name=own-base',
    '--enable-lora',
    '--max-lora-rank=32',
    '--lora-modules',
    '{"name":"own","path":"/work/fused"}',
    '{"name":"pirate","path":"/work/a,b=c"}',
  ]);
});

test('vllm: what was asked of the slots is said once', () => {
  const flags = new Map([['max-lora-rank', ['--max-lora-rank=8']]]);
  const argv = command('vllm', { delivery: adapted, flags });
  expect(argv.filter((word) => word.startsWith('--max-lora-rank'))).toEqual(['--max-lora-rank=32']);
});

test('a repository is downloaded by vllm to the weights folder, at its revision', () => {
  const settings = testSettings('/t', { model: 'org/model', modelRevision: 'abc', weightsDirectory: '/w' });
  expect(command('vllm', { settings, delivery: { kind: 'plain', model: 'org/model' } })).toEqual(
    expect.arrayContaining(['org/model', '--revision=abc', '--download-dir=/w']),
  );
  expect(engineOf('vllm').environment(settings)).not.toHaveProperty('HF_HUB_OFFLINE');
});

test('llamacpp: one argv for both programs', () => {
  const delivery: Delivery = { kind: 'ggufAdapter', model: '/weights/m.gguf', file: '/work/fused.gguf' };
  const flags = new Map([['ctx-size', ['--ctx-size=512']]]);
  expect(command('llamacpp', { delivery, flags, knownFlags: new Set(['metrics']) })).toEqual([
    '--model',
    '/weights/m.gguf',
    '--alias',
    'own',
    '--host',
    '127.0.0.1',
    '--port',
    '7',
    '--threads',
    '2',
    '--metrics',
    '--ctx-size=512',
    '--lora-scaled',
    '/work/fused.gguf:1',
  ]);
});

test('transformers: the one model by path, echoed with its branch', () => {
  expect(command('transformers', {})).toEqual(['serve', '/weights', '--host', '127.0.0.1', '--port', '7']);
  const engine: Engine = engineOf('transformers');
  const settings = testSettings('/t');
  expect(engine.answerRepairs({ settings, delivery: plain })?.modelEcho).toBe('/weights@main');
});

test('clients of vllm can name the model, each adapter, and the base', () => {
  const settings = testSettings('/t');
  expect(engineOf('vllm').servedModels({ settings, delivery: adapted })).toEqual([
    'own',
    'pirate',
    'own-base',
  ]);
  expect(engineOf('vllm').servedModels({ settings, delivery: plain })).toEqual(['own']);
});
