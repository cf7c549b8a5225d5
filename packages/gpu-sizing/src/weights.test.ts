import { expect, test } from 'vitest';
import { weightBytes } from './weights.ts';

test.each([
  [
    'kept bytes outweigh stored ones',
    { loadedWeightBytes: 8, storedWeightBytes: 10 },
    { value: 8, bound: 'exact' },
  ],
  [
    'stored bytes are an upper bound',
    { storedWeightBytes: 10, parameterCount: 5 },
    { value: 10, bound: 'upper' },
  ],
  [
    'parameters of a known type',
    { parameterCount: 5, config: { torch_dtype: 'float32' } },
    { value: 20, bound: 'exact' },
  ],
  [
    'files of the repository are an upper bound',
    { repositoryFileGiB: 1 },
    { value: 1024 ** 3, bound: 'upper' },
  ],
])('%s', (_what, model, expected) => {
  expect(weightBytes(model)).toMatchObject(expected);
});

test.each([
  [{}, 'storedWeightBytes'],
  [{ parameterCount: 5 }, 'dtype'],
  [{ parameterCount: 5, config: { dtype: 'int3' } }, 'dtype'],
])('%j lacks %s', (model, missing) => {
  expect(weightBytes(model)).toEqual({ kind: 'unknown', missing: [missing] });
});
