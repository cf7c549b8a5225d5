import { expect, test } from 'vitest';
import { missingFacts } from './missing-facts.ts';
import { completeConfig, record } from './record.test.data.ts';

test('a complete record lacks nothing', () => {
  expect(missingFacts(record())).toEqual([]);
});

test('a record without facts says what to find first', () => {
  expect(missingFacts(record({ facts: {} }))).toEqual(['config', 'storedWeightBytes']);
});

test.each(['hidden_size', 'num_hidden_layers', 'num_attention_heads', 'vocab_size', 'architectures'])(
  'a config without %s says so',
  (key) => {
    const { [key]: _, ...config } = completeConfig;
    expect(missingFacts(record({ facts: { config, storedWeightBytes: 1 } }))).toContain(key);
  },
);

test('a number of parameters stands in for stored bytes', () => {
  expect(missingFacts(record({ facts: { config: completeConfig, parameterCount: 1 } }))).toEqual([]);
  expect(missingFacts(record({ facts: { config: completeConfig } }))).toEqual(['storedWeightBytes']);
});

test('keys that no source told are missing, once', () => {
  const { vocab_size: _, ...config } = completeConfig;
  const facts = { config, storedWeightBytes: 1, unknownKeys: ['vocab_size', 'intermediate_size'] };
  expect(missingFacts(record({ facts }))).toEqual(['vocab_size', 'intermediate_size']);
});
