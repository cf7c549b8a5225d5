import { describe, expect, test } from 'vitest';
import { embeddedRuntimes } from '../runtimes.ts';
import type { RuntimeFile } from './runtime-file.ts';
import { createRuntimeLibrary } from './runtime-library.ts';

const newer: RuntimeFile = {
  engine: 'e',
  version: '2.0',
  defaultImage: 'e:2.0',
  default: true,
  source: 'made up',
  flags: [
    { name: 'kept', type: 'int', aliases: ['k'] },
    { name: 'brand-new', type: 'boolean', negation: 'no-brand-new' },
    { name: 'changed', type: 'int' },
  ],
  architectures: [{ name: 'A', lora: true }],
};
const older: RuntimeFile = {
  engine: 'e',
  version: '1.0',
  defaultImage: 'e:1.0',
  source: 'made up',
  basedOn: '2.0',
  withoutFlags: ['brand-new'],
  flags: [
    { name: 'changed', type: 'float' },
    { name: 'gone', type: 'string', removedIn: '2.0', replacement: 'kept' },
  ],
  removedFlags: [{ name: 'ancient', type: 'string', removedIn: '1.0' }],
};
const library = createRuntimeLibrary({ e: () => [newer, older] });

describe('an older version that is based on a newer one', () => {
  const runtime = library.find('e', '1.0');

  test('has the flags of the newer one but those that came later', () => {
    expect([...(runtime?.flags.keys() ?? [])].toSorted()).toEqual(['ancient', 'changed', 'gone', 'kept']);
  });

  test('keeps its own types', () => {
    expect(runtime?.flags.get('changed')?.type).toBe('float');
    expect(library.find('e', '2.0')?.flags.get('changed')?.type).toBe('int');
  });

  test('does not call a flag removed that it still has', () => {
    expect(runtime?.flags.get('gone')).toEqual({ name: 'gone', type: 'string', aliases: [] });
    expect(runtime?.flags.get('ancient')?.removedIn).toBe('1.0');
  });

  test('does not inherit what was only read of the newer one', () => {
    expect(runtime?.architectures).toBeUndefined();
  });
});

test('a newer version knows what older ones had, and what took its place', () => {
  expect(library.find('e', '2.0')?.flags.get('gone')).toMatchObject({
    removedIn: '2.0',
    replacement: 'kept',
  });
  expect(library.find('e', '2.0')?.flags.get('ancient')?.removedIn).toBe('1.0');
});

test.each([
  ['kept', 'kept'],
  ['--kept', 'kept'],
  ['-k', 'kept'],
  ['brand_new', 'brand-new'],
  ['no-brand-new', 'brand-new'],
  ['no_brand_new', 'brand-new'],
  ['absent', undefined],
])('the spelling %s means %s', (spelling, name) => {
  expect(library.find('e')?.findFlag(spelling)?.name).toBe(name);
});

test.each([
  [undefined, '2.0'],
  ['2.0', '2.0'],
  ['1.9', '1.0'],
  ['3', '2.0'],
  ['0.1', '1.0'],
])('asked for %s answers with %s', (asked, answered) => {
  expect(library.find('e', asked)?.version).toBe(answered);
});

test.each(['other', 'toString', ''])('knows no engine %j', (engine) => {
  expect(library.find(engine)).toBeUndefined();
  expect(library.versions(engine)).toEqual([]);
});

describe('the embedded runtimes', () => {
  const runtimes = embeddedRuntimes();
  const present = (version: string): readonly string[] =>
    [...(runtimes.find('vllm', version)?.flags.values() ?? [])]
      .filter(({ removedIn }) => removedIn === undefined)
      .map(({ name }) => name);

  // Counted by executing the parser of each release (0.25.1, 0.32.0) or in its list of flags.
  test.each([
    ['0.25.1', 261],
    ['0.26.0', 274],
    ['0.27.0', 282],
    ['0.27.1', 282],
    ['0.29.0', 292],
    ['0.30.0', 299],
    ['0.32.0', 316],
  ])('vLLM %s has %i flags', (version, count) => {
    expect(present(version)).toHaveLength(count);
  });

  test.each([
    ['0.32.0', 'swap-space', { removedIn: '0.25.1' }],
    ['0.32.0', 'guided-decoding-backend', { removedIn: '0.25.1', replacement: 'structured-outputs-config' }],
    ['0.32.0', 'rope-scaling', { removedIn: '0.25.1', replacement: 'hf-overrides' }],
    ['0.29.0', 'calculate-kv-scales', { removedIn: '0.29.0' }],
    ['0.32.0', 'enable-mamba-fine-grained-prefix-cache', { removedIn: '0.32.0' }],
  ])('vLLM %s knows that %s is gone', (version, name, expected) => {
    expect(runtimes.find('vllm', version)?.findFlag(name)).toMatchObject(expected);
  });

  test.each([
    ['max-model-len', { type: 'int', humanReadable: true, words: ['auto'] }],
    ['tensor-parallel-size', { type: 'int', aliases: ['tp'] }],
    ['gpu-memory-utilization', { type: 'float', default: 0.92 }],
    ['enable-prefix-caching', { type: 'boolean', negation: 'no-enable-prefix-caching' }],
    ['enable-lora', { type: 'boolean' }],
    ['compilation-config', { type: 'json' }],
    ['served-model-name', { type: 'list', listStyle: 'values' }],
    ['middleware', { type: 'list', listStyle: 'repeated' }],
    ['hf-overrides', { type: 'json', plainText: true }],
  ])('vLLM 0.32.0 takes %s', (name, expected) => {
    expect(runtimes.find('vllm', '0.32.0')?.flags.get(name)).toMatchObject(expected);
  });

  test('default to the versions that the parsers were read from', () => {
    expect(runtimes.find('vllm')).toMatchObject({
      version: '0.32.0',
      defaultImage: 'vllm/vllm-openai:v0.32.0',
    });
    expect(runtimes.find('transformers')?.version).toBe('5.19.0');
    expect(runtimes.find('llamacpp')?.version).toBe('b11669');
  });

  test.each(['model', 'alias', 'host', 'port', 'ctx-size', 'threads', 'lora-scaled', 'parallel'])(
    'llama-server takes %s',
    (name) => expect(runtimes.find('llamacpp')?.flags.has(name)).toBe(true),
  );
});
