import { explainReason } from '@kaito-ts/api-types';
import { expect, test } from 'vitest';
import { faults } from './faults/index.ts';
import { namespaceOf } from './scene.ts';

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
  const namespaces = faults.map(({ name }) => namespaceOf(name));
  expect(new Set(namespaces).size).toBe(namespaces.length);
  expect(namespaces.filter((name) => !/^[a-z0-9-]{1,62}[a-z0-9]$/.test(name))).toEqual([]);
});
