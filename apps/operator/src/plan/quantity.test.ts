import { expect, test } from 'vitest';
import { quantityValue } from './quantity.ts';

test.each([
  ['4', 4],
  ['500m', 0.5],
  ['64Gi', 64 * 2 ** 30],
  ['24684096Ki', 24684096 * 1024],
  ['1e3', 1000],
  ['lots', undefined],
  [undefined, undefined],
])('%s is %s', (text, value) => {
  expect(quantityValue(text)).toBe(value);
});
