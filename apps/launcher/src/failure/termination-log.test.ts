import { expect, test } from 'vitest';
import { failureOf } from './failure.ts';
import { renderTerminationMessage } from './termination-log.ts';

test('fits what the kubelet reads, stays JSON, and keeps the newest lines', () => {
  const lastLines = Array.from({ length: 200 }, (_unused, index) => `${index} ${'é'.repeat(300)}`);
  const text = renderTerminationMessage({
    class: 'RuntimeCrashed',
    message: 'm'.repeat(5000),
    hint: 'h',
    exitCode: 1,
    lastLines,
  });
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096);
  const parsed = JSON.parse(text) as { lastLines: string[]; exitCode: number };
  expect(parsed.exitCode).toBe(1);
  expect(parsed.lastLines.at(-1)).toMatch(/^199 /u);
});

test('what nobody foresaw is the launcher’s own fault and says so', () => {
  expect(failureOf(new TypeError('x is undefined'))).toMatchObject({
    class: 'LauncherFault',
    message: 'launcher: x is undefined',
  });
});
