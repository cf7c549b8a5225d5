import { expect, test } from 'vitest';
import { compareVersions, nearestVersion } from './versions.ts';

test.each([
  ['0.25.1', '0.25.1', 0],
  ['0.9.2', '0.25.0', -1],
  ['0.25', '0.25.0', 0],
  ['v0.30.0', '0.29.9', 1],
  ['b11669', 'b9000', 1],
  ['0.32.0rc1', '0.32.0', 0],
])('%s against %s', (left, right, sign) => {
  expect(Math.sign(compareVersions(left, right))).toBe(sign);
});

test.each([
  ['0.27.0', '0.27.0'],
  ['0.28.0', '0.27.0'],
  ['1.0', '0.30.0'],
  ['0.1', '0.25.1'],
])('nearest to %s is %s', (wanted, expected) => {
  expect(nearestVersion(['0.30.0', '0.25.1', '0.27.0'], wanted)).toBe(expected);
});

test('there is no nearest of none', () => {
  expect(nearestVersion([], '1')).toBeUndefined();
});
