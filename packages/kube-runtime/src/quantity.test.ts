import { expect, it } from 'vitest';
import { parseQuantity } from './quantity.ts';

const BILLION = 1_000_000_000n;

it.each([
  ['1', 1n * BILLION],
  [1, 1n * BILLION],
  ['1000m', 1n * BILLION],
  ['0.5', BILLION / 2n],
  ['.5', BILLION / 2n],
  ['.', undefined],
  ['5.', 5n * BILLION],
  ['1e3', 1000n * BILLION],
  ['1E3', 1000n * BILLION],
  ['1E', 10n ** 18n * BILLION],
  ['1Ki', 1024n * BILLION],
  ['1.5Gi', 1610612736n * BILLION],
  ['100n', 100n],
  ['-2', -2n * BILLION],
  ['1KI', undefined],
  ['', undefined],
  ['16 Gi', undefined],
  ['1e', undefined],
  [true, undefined],
  [Number.NaN, undefined],
])('reads %j as %s billionths', (text, expected) => {
  expect(parseQuantity(text)).toBe(expected);
});
