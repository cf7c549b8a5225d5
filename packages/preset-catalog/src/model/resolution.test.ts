import { describe, expect, test } from 'vitest';
import { embeddedCatalogue } from '../embedded-catalogue.ts';
import { record } from './record.test.data.ts';

const catalogue = embeddedCatalogue();

describe('a name resolves', () => {
  test.each([
    ['phi-4-mini-instruct', 'name', 'phi-4-mini-instruct'],
    ['gemma-3-4b-instruct', 'alias', 'gemma-3-4b-it'],
    ['mistral-7b', 'alias', 'mistral-7b-v0.3'],
    ['microsoft/Phi-4-mini-instruct', 'repository', 'phi-4-mini-instruct'],
    ['microsoft/phi-4-mini-instruct', 'repository', 'phi-4-mini-instruct'],
    ['PHI-4-MINI-INSTRUCT', 'name', 'phi-4-mini-instruct'],
    ['  falcon-7b ', 'name', 'falcon-7b'],
    ['llama-2-7b-chat', 'name', 'llama-2-7b-chat'],
    ['meta-llama/Llama-2-7b-chat-hf', 'repository', 'llama-2-7b-chat'],
    ['own-tiny-qwen2', 'name', 'own-tiny-qwen2'],
  ])('%s by its %s to %s', (name, via, expected) => {
    expect(catalogue.resolve(name)).toMatchObject({ kind: 'resolved', via, record: { name: expected } });
  });
});

describe('a name that is in no record', () => {
  test('gets the names it may have meant', () => {
    expect(catalogue.resolve('llama-3.1-8b-instuct')).toMatchObject({
      kind: 'unknown',
      reason: 'UnknownName',
      nearest: ['llama-3.1-8b-instruct', 'llama-3.3-70b-instruct'],
      message: expect.stringContaining('did you mean llama-3.1-8b-instruct'),
    });
  });

  test('gets no suggestion when nothing is near', () => {
    expect(catalogue.resolve('zzzzzzzzzz')).toMatchObject({ reason: 'UnknownName', nearest: [] });
  });

  test('with the form of a repository id says how to add it', () => {
    expect(catalogue.resolve('someone/some-model')).toMatchObject({
      kind: 'unknown',
      name: 'someone/some-model',
      reason: 'NotInCatalogue',
      nextStep: expect.stringContaining('kaito models add someone/some-model'),
    });
  });

  test.each(['', 'a b', 'a/b/c', '/model', 'https://example.org/a'])('%j is no repository id', (name) => {
    expect(catalogue.resolve(name)).toMatchObject({ kind: 'unknown', reason: 'UnknownName' });
  });
});

describe('records of a user', () => {
  test('are found beside the embedded ones', () => {
    const extended = catalogue.withModels([record({ aliases: ['tiny'] })]);
    expect(extended.resolve('TINY')).toMatchObject({ via: 'alias', record: { name: 'tiny-llama' } });
    expect(extended.resolve('phi-4').kind).toBe('resolved');
    expect(catalogue.resolve('tiny').kind).toBe('unknown');
  });

  test('replace an embedded one of the same name', () => {
    const extended = catalogue.withModels([record({ name: 'Phi-4', license: 'mine' })]);
    expect(extended.resolve('phi-4')).toMatchObject({ record: { license: 'mine' } });
    expect(extended.models).toHaveLength(catalogue.models.length);
  });

  test('take an alias from an embedded one, never its name', () => {
    const extended = catalogue.withModels([record({ aliases: ['mistral-7b', 'phi-4'] })]);
    expect(extended.resolve('mistral-7b')).toMatchObject({ record: { name: 'tiny-llama' } });
    expect(extended.resolve('phi-4')).toMatchObject({ record: { name: 'phi-4' } });
  });
});
