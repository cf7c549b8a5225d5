import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Snapshot, Store } from './store.ts';

const writeDelayMilliseconds = 200;

/** Loads the store from a folder and keeps a copy there, replaced whole; returns how to write the last one. */
export function persist(store: Store, directory: string): () => void {
  const path = join(directory, 'objects.json');
  mkdirSync(directory, { recursive: true });
  if (existsSync(path)) store.load(JSON.parse(readFileSync(path, 'utf8')) as Snapshot);
  let timer: NodeJS.Timeout | undefined;
  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    writeFileSync(`${path}.new`, JSON.stringify(store.snapshot()), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  store.subscribe(() => {
    timer ??= setTimeout(write, writeDelayMilliseconds);
  });
  return write;
}
