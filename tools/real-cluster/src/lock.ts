import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';

const RETRY_MILLISECONDS = 500;

/** Runs `work` while holding a lock file; waits for another holder, and takes over from one that died. */
export async function withLock(path: string, work: () => Promise<void>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  while (!(await tryToLock(path))) await wait(RETRY_MILLISECONDS);
  try {
    await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function tryToLock(path: string): Promise<boolean> {
  // Written whole before it appears: a half-written lock would look like a dead holder's.
  const whole = `${path}.${randomUUID()}`;
  await writeFile(whole, JSON.stringify(await identify(process.pid)));
  try {
    await link(whole, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(whole, { force: true });
  }
  const holder = await readHolder(path);
  if (holder === undefined || !(await isAlive(holder))) await rm(path, { force: true });
  return false;
}

/** Undefined when the file is gone or was cut off. */
async function readHolder(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
