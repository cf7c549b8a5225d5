import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withLock } from './lock.ts';

it('lets one in at a time, and takes over from a holder that died', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lock-'));
  const path = join(folder, 'x.lock');
  await writeFile(path, JSON.stringify({ pid: process.pid, startTime: '1' }));
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 50));
    inside--;
  };
  await Promise.all([withLock(path, work), withLock(path, work), withLock(path, work)]);
  expect(most).toBe(1);
  await rm(folder, { recursive: true });
});
