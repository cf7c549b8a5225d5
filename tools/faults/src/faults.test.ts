import { explainReason } from '@kaito-ts/api-types';
import { expect, test } from 'vitest';
import { faults } from './faults/index.ts';

test('there are at least 25 faults, each with a reason of its own', () => {
  const reasons = faults.map(({ expect: { reason } }) => reason);
  expect(new Set(reasons).size).toBe(reasons.length);
  expect(reasons.length).toBeGreaterThanOrEqual(25);
});

test('every reason is explained', () => {
  const unexplained = faults.filter(({ expect: { reason } }) => explainReason(reason) === undefined);
  expect(unexplained.map(({ name }) => name)).toEqual([]);
});

test('no two faults meet in one namespace', () => {
  const names = faults.map(({ name }) => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'));
  expect(new Set(names).size).toBe(names.length);
});
