import { describe, expect, it } from 'vitest';
import { usefulThreads } from './llama-engine.ts';

describe('usefulThreads', () => {
  it.each([
    ['a model of one megabyte', 1_193_792, 16, 1],
    ['a model of 100 megabytes', 100_000_000, 16, 5],
    ['a model of gigabytes', 4_000_000_000, 16, 16],
    ['one core', 4_000_000_000, 1, 1],
  ])('%s', (_name, modelBytes, available, expected) => {
    expect(usefulThreads(modelBytes, available)).toBe(expected);
  });
});
