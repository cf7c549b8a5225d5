import type { KubeObject } from '../objects.ts';

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: string;
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
  readonly revision: number;
}

type Listener = (change: Change) => void;

interface Stored {
  readonly resource: string;
  readonly object: KubeObject;
}

export interface Snapshot {
  readonly revision: number;
  readonly objects: readonly Stored[];
}

/** Changes kept for watchers that come back, at least; older ones get 410. */
const historyLength = 2000;

/** All objects by resource, namespace and name, under one revision counter, with their latest changes. */
export class Store {
  readonly #byResource = new Map<string, Map<string, KubeObject>>();
  readonly #byUid = new Map<string, Stored>();
  readonly #listeners = new Set<Listener>();
  #history: Change[] = [];
  revision: number;
  /** Watches can start after this revision. */
  oldestRevision: number;

  constructor(revision: number) {
    this.revision = revision;
    this.oldestRevision = revision;
  }

  get(resource: string, namespace: string, name: string): KubeObject | undefined {
    return this.#byResource.get(resource)?.get(`${namespace}/${name}`);
  }

  /** All objects of a resource, or those of one namespace. */
  list(resource: string, namespace?: string): KubeObject[] {
    const all = [...(this.#byResource.get(resource)?.values() ?? [])];
    return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
  }

  everything(): KubeObject[] {
    return [...this.#byUid.values()].map(({ object }) => object);
  }

  snapshot(): Snapshot {
    return { revision: this.revision, objects: [...this.#byUid.values()] };
  }

  /** Begins with what was stored in an earlier life, under revisions that it cannot have given out. */
  load({ revision, objects }: Snapshot): void {
    this.revision = Math.max(this.revision, revision);
    this.oldestRevision = this.revision;
    for (const { resource, object } of objects) this.#place(resource, object);
  }

  byUid(uid: string): Stored | undefined {
    return this.#byUid.get(uid);
  }

  /** Stores an object under the next revision, or removes it. */
  write(resource: string, object: KubeObject, isDeletion = false): KubeObject {
    const { namespace = '', name, uid } = object.metadata;
    const previous = this.get(resource, namespace, name);
    const revision = ++this.revision;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
    if (isDeletion) {
      this.#byResource.get(resource)?.delete(`${namespace}/${name}`);
      this.#byUid.delete(uid);
    } else this.#place(resource, stored);
    const type = isDeletion ? 'DELETED' : previous ? 'MODIFIED' : 'ADDED';
    const change: Change = { type, resource, object: stored, previous, revision };
    this.#history.push(change);
    if (this.#history.length >= 2 * historyLength) {
      this.oldestRevision = this.#history[historyLength - 1]?.revision ?? this.oldestRevision;
      this.#history = this.#history.slice(historyLength);
    }
    for (const listener of this.#listeners) listener(change);
    return stored;
  }

  changesAfter(revision: number): readonly Change[] {
    return this.#history.filter((change) => change.revision > revision);
  }

  /** Hears every change, after it is stored; returns how to stop. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #place(resource: string, object: KubeObject): void {
    const { namespace = '', name, uid } = object.metadata;
    let objects = this.#byResource.get(resource);
    if (!objects) this.#byResource.set(resource, (objects = new Map()));
    objects.set(`${namespace}/${name}`, object);
    this.#byUid.set(uid, { resource, object });
  }
}
