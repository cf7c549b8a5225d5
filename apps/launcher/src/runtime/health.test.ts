import { expect, test } from 'vitest';
import { watchHealth } from './health.ts';

const silent = (): Promise<never> => Promise.reject(new Error('nobody answers'));

test('a runtime that stays silent is told, and given up when patience ends', async () => {
  const changes: boolean[] = [];
  let now = 0;
  const hung = await watchHealth({
    client: silent,
    path: '/health',
    signal: new AbortController().signal,
    intervalMilliseconds: 1,
    patienceMilliseconds: 80,
    monotonic: () => (now += 10),
    onChange: (healthy) => changes.push(healthy),
  });
  expect(hung).toBe(true);
  expect(changes).toEqual([false]);
});

test('whoever ends the watch does not learn that the runtime hangs', async () => {
  const end = new AbortController();
  const watching = watchHealth({
    client: silent,
    path: '/health',
    signal: end.signal,
    intervalMilliseconds: 1,
    patienceMilliseconds: 1_000_000,
    monotonic: () => 0,
    onChange: () => end.abort(),
  });
  expect(await watching).toBe(false);
});
