import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '../objects.ts';
import type { Store } from './store.ts';

interface Snapshot {
  readonly revision: number;
  readonly objects: readonly { readonly resource: string; readonly object: KubeObject }[];
}

const writeDelayMilliseconds = 200;

/** Keeps a copy of the store in a folder; each copy replaces the last one whole. */
export class Persistence {
  readonly #path: string;
  #timer: NodeJS.Timeout | undefined;
  #store: Store | undefined;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#path = join(directory, 'objects.json');
  }

  read(): Snapshot | undefined {
    return existsSync(this.#path) ? (JSON.parse(readFileSync(this.#path, 'utf8')) as Snapshot) : undefined;
  }

  follow(store: Store): void {
    this.#store = store;
    store.subscribe(() => {
      this.#timer ??= setTimeout(() => this.flush(), writeDelayMilliseconds);
    });
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#store) return;
    const snapshot: Snapshot = { revision: this.#store.revision, objects: [...this.#store.everything()] };
    writeFileSync(`${this.#path}.new`, JSON.stringify(snapshot), { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }
}
