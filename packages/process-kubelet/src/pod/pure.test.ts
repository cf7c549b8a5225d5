import { expect, test } from 'vitest';
import { afterRestart, defaultBackOff, restartAllowedAt, type BackOff } from './back-off.ts';
import { expandVariables } from './expansion.ts';

test('back-off: at once, then 10 s doubling to 300 s', () => {
  const waits: number[] = [];
  let backOff: BackOff | undefined;
  let time = 0;
  for (let restart = 0; restart < 8; restart += 1) {
    const at = restartAllowedAt(backOff, time, defaultBackOff);
    waits.push((at - time) / 1000);
    time = at;
    backOff = afterRestart(backOff, time, defaultBackOff);
  }
  expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
  expect(restartAllowedAt(backOff, time + 601_000, defaultBackOff)).toBe(time + 601_000);
});

test.each([
  ['$(A)-$(B)', '1-$(B)'],
  ['$$(A)', '$(A)'],
  ['$A $(A', '$A $(A'],
  ['$$$(A)', '$1'],
])('$(NAME) in %s', (text, expected) => {
  expect(expandVariables(text, new Map([['A', '1']]))).toBe(expected);
});
