import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ImageError } from './image-error.ts';

/** A holder only rewrites one small file; older locks are left over from a killed process. */
const staleAfterMilliseconds = 10_000;
const giveUpAfterMilliseconds = 15_000;
const retryMilliseconds = 25;

/** Runs `work` while no other process changes the store's index. */
export async function withStoreLock<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const path = join(directory, 'index.json.lock');
  for (let waited = 0; !(await acquire(path)); waited += retryMilliseconds) {
    if (waited > giveUpAfterMilliseconds) {
      throw new ImageError(
        'STORE_LOCKED',
        `another process holds ${path}; next: remove it if that process is gone`,
      );
    }
    await delay(retryMilliseconds);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function acquire(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > staleAfterMilliseconds) await rm(path, { force: true });
    return false;
  }
}
