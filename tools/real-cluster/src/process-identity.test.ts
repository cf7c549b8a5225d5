import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { endProcess, identify, isAlive } from './process-identity.ts';

it('tells a process from a later one with its number', async () => {
  const child = spawn('sleep', ['60']);
  const identity = await identify(child.pid ?? 0);
  expect(await isAlive(identity)).toBe(true);
  expect(await isAlive({ ...identity, startTime: '1' })).toBe(false);
  expect(await endProcess({ ...identity, startTime: '1' }, 'SIGKILL', 100)).toBe(true);
  expect(await isAlive(identity)).toBe(true);
  expect(await endProcess(identity, 'SIGTERM', 5_000)).toBe(true);
  expect(await isAlive(identity)).toBe(false);
});

it('kills what does not heed the signal', async () => {
  const child = spawn(process.execPath, [
    '-e',
    'process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1000)',
  ]);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  expect(await endProcess(await identify(child.pid ?? 0), 'SIGTERM', 100)).toBe(true);
});
