import { describe, expect, test } from 'vitest';
import { parseModelRecord } from './parse-model-record.ts';

const complete = `name: my-model
source:
  kind: image
  reference: registry/my-model:1
runtimes: [vllm]
facts:
  storedWeightBytes: 1000
  config:
    architectures: [LlamaForCausalLM]
    hidden_size: 64
    num_hidden_layers: 2
    num_attention_heads: 4
    vocab_size: 100
    max_position_embeddings: 512
`;

test('a complete record is read as it is written', () => {
  expect(parseModelRecord(complete, 'my.yaml')).toEqual({
    ok: true,
    issues: [],
    value: {
      name: 'my-model',
      aliases: [],
      source: { kind: 'image', reference: 'registry/my-model:1' },
      runtimes: ['vllm'],
      facts: {
        storedWeightBytes: 1000,
        config: {
          architectures: ['LlamaForCausalLM'],
          hidden_size: 64,
          num_hidden_layers: 2,
          num_attention_heads: 4,
          vocab_size: 100,
          max_position_embeddings: 512,
        },
      },
    },
  });
});

test('JSON is YAML', () => {
  const text = JSON.stringify({ name: 'a', runtimes: ['vllm'], source: { kind: 'image', reference: 'a:1' } });
  expect(parseModelRecord(text, 'a.json').ok).toBe(true);
});

test('missing facts are warnings, at the place where they belong', () => {
  const parsed = parseModelRecord(complete.replace('    vocab_size: 100\n', ''), 'my.yaml');
  expect(parsed).toMatchObject({
    ok: true,
    issues: [
      {
        filename: 'my.yaml',
        path: 'facts',
        code: 'FACT_MISSING',
        severity: 'warning',
        line: 6,
        message: expect.stringContaining('vocab_size is unknown'),
      },
    ],
  });
});

interface Bad {
  readonly what: string;
  readonly text: string;
  readonly issue: Readonly<Record<string, unknown>>;
}

const bad: readonly Bad[] = [
  {
    what: 'a tab',
    text: 'name: a\n\tsource: b\n',
    issue: { code: 'YAML_SYNTAX', path: '', line: 2, column: 1 },
  },
  { what: 'an empty file', text: '', issue: { code: 'INVALID_TYPE', path: '' } },
  { what: 'a list', text: '- name: a\n', issue: { code: 'INVALID_TYPE', path: '', line: 1, column: 1 } },
  {
    what: 'two documents',
    text: `${complete}---\nname: b\n`,
    issue: { code: 'YAML_SYNTAX', message: expect.stringContaining('one document') },
  },
  {
    what: 'a key written twice',
    text: `${complete}name: again\n`,
    issue: { code: 'YAML_SYNTAX', message: expect.stringContaining('duplicate'), line: 15 },
  },
  {
    what: 'an unknown field',
    text: complete.replace('runtimes:', 'license: mit\nlicence: mit\nruntimes:'),
    issue: { code: 'UNKNOWN_FIELD', path: 'licence', line: 6, column: 1 },
  },
  {
    what: 'an unknown field further in',
    text: complete.replace('  storedWeightBytes', '  weightBytes'),
    issue: { code: 'UNKNOWN_FIELD', path: 'facts.weightBytes', line: 7, column: 3 },
  },
  {
    what: 'no name',
    text: complete.replace('name: my-model\n', ''),
    issue: { code: 'INVALID_TYPE', path: 'name', line: 1 },
  },
  {
    what: 'a runtime that does not exist',
    text: complete.replace('[vllm]', '[vllm, ollama]'),
    issue: { code: 'INVALID_VALUE', path: 'runtimes[1]', line: 5, column: 18 },
  },
  {
    what: 'a source of unknown kind',
    text: complete.replace('kind: image', 'kind: ftp'),
    issue: { code: 'INVALID_VALUE', path: 'source.kind', line: 3, column: 3 },
  },
  {
    what: 'a shortened commit',
    text: complete.replace(
      'kind: image\n  reference: registry/my-model:1',
      'kind: huggingface\n  repository: a/b\n  revision: abc123',
    ),
    issue: { code: 'INVALID_VALUE', path: 'source.revision', message: expect.stringContaining('40') },
  },
  {
    what: 'negative bytes',
    text: complete.replace('1000', '-1'),
    issue: { code: 'INVALID_VALUE', path: 'facts.storedWeightBytes', line: 7 },
  },
  {
    what: 'bytes as a text',
    text: complete.replace('1000', '"1000"'),
    issue: { code: 'INVALID_TYPE', path: 'facts.storedWeightBytes', line: 7 },
  },
];

describe('refuses, with field and line,', () => {
  test.each(bad)('$what', ({ text, issue }) => {
    const parsed = parseModelRecord(text, 'bad.yaml');
    expect(parsed.ok).toBe(false);
    expect(parsed.issues).toContainEqual(
      expect.objectContaining({ filename: 'bad.yaml', severity: 'error', ...issue }),
    );
  });
});
