import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
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

it('counts a process as gone when its port is free, not when its first thread has ended', async () => {
  const script = `
    const { Worker } = require('node:worker_threads');
    for (let index = 0; index < 4; index++) new Worker('setInterval(() => {}, 1000)', { eval: true });
    Buffer.alloc(1e8, 1);
    const server = require('node:net').createServer();
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = Number(await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve)));
  expect(await endProcess(await identify(child.pid ?? 0), 'SIGKILL', 30_000)).toBe(true);
  const server = createServer();
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', () => resolve()),
  );
  await new Promise((resolve) => server.close(resolve));
});
