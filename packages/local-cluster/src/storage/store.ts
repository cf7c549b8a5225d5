import type { KubeObject } from '../objects.ts';

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
  readonly revision: number;
}

export type Listener = (change: Change) => void;

/** Changes kept for watchers that come back; older ones get 410. */
const historyLength = 500;

/** The objects of one resource, by namespace and name, with their latest changes. */
export class Collection {
  readonly #byNamespace = new Map<string, Map<string, KubeObject>>();
  readonly #listeners = new Set<Listener>();
  #history: Change[] = [];
  /** Watches can start after this revision. */
  oldestRevision: number;

  constructor(revision: number) {
    this.oldestRevision = revision;
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#byNamespace.get(namespace)?.get(name);
  }

  /** All objects, or those of one namespace. */
  *list(namespace?: string): Generator<KubeObject> {
    if (namespace !== undefined) yield* this.#byNamespace.get(namespace)?.values() ?? [];
    else for (const objects of this.#byNamespace.values()) yield* objects.values();
  }

  put(object: KubeObject): void {
    const { namespace = '', name } = object.metadata;
    let objects = this.#byNamespace.get(namespace);
    if (!objects) this.#byNamespace.set(namespace, (objects = new Map()));
    objects.set(name, object);
  }

  record(change: Change): void {
    const { namespace = '', name } = change.object.metadata;
    if (change.type !== 'DELETED') this.put(change.object);
    else this.#byNamespace.get(namespace)?.delete(name);
    this.#history.push(change);
    if (this.#history.length >= 2 * historyLength) {
      this.oldestRevision = this.#history[historyLength - 1]?.revision ?? this.oldestRevision;
      this.#history = this.#history.slice(historyLength);
    }
    for (const listener of this.#listeners) listener(change);
  }

  changesAfter(revision: number): readonly Change[] {
    const first = this.#history.findIndex((change) => change.revision > revision);
    return first < 0 ? [] : this.#history.slice(first);
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/** All collections under one revision counter, and who owns whom. */
export class Store {
  readonly #collections = new Map<string, Collection>();
  readonly #dependents = new Map<string, Set<string>>();
  readonly #uids = new Map<string, { readonly resource: string; readonly object: KubeObject }>();
  readonly #listeners = new Set<(resource: string, change: Change) => void>();
  revision: number;

  constructor(revision: number) {
    this.revision = revision;
  }

  collection(resource: string): Collection {
    let collection = this.#collections.get(resource);
    if (!collection) this.#collections.set(resource, (collection = new Collection(this.revision)));
    return collection;
  }

  drop(resource: string): void {
    this.#collections.delete(resource);
  }

  byUid(uid: string): { readonly resource: string; readonly object: KubeObject } | undefined {
    return this.#uids.get(uid);
  }

  /** Objects that name this uid among their owners, with their resource. */
  dependentsOf(uid: string): { readonly resource: string; readonly object: KubeObject }[] {
    const uids = [...(this.#dependents.get(uid) ?? [])];
    return uids.flatMap((dependent) => this.#uids.get(dependent) ?? []);
  }

  /** Stores an object under the next revision, or removes it. */
  write(resource: string, object: KubeObject, isDeletion = false): KubeObject {
    const collection = this.collection(resource);
    const { namespace = '', name } = object.metadata;
    const previous = collection.get(namespace, name);
    const revision = ++this.revision;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
    if (previous) this.#forget(previous);
    if (!isDeletion) this.#remember(resource, stored);
    const type = isDeletion ? 'DELETED' : previous ? 'MODIFIED' : 'ADDED';
    const change: Change = { type, object: stored, previous, revision };
    collection.record(change);
    for (const listener of this.#listeners) listener(resource, change);
    return stored;
  }

  /** Puts back what was stored in an earlier life, as it was. */
  restore(resource: string, object: KubeObject): void {
    this.#remember(resource, object);
    this.collection(resource).put(object);
  }

  #remember(resource: string, object: KubeObject): void {
    const { uid, ownerReferences = [] } = object.metadata;
    this.#uids.set(uid, { resource, object });
    for (const owner of ownerReferences) {
      let dependents = this.#dependents.get(owner.uid);
      if (!dependents) this.#dependents.set(owner.uid, (dependents = new Set()));
      dependents.add(uid);
    }
  }

  #forget({ metadata }: KubeObject): void {
    this.#uids.delete(metadata.uid);
    for (const owner of metadata.ownerReferences ?? []) {
      const dependents = this.#dependents.get(owner.uid);
      dependents?.delete(metadata.uid);
      if (dependents?.size === 0) this.#dependents.delete(owner.uid);
    }
  }

  /** Hears every change of every resource, after it is stored. */
  subscribe(listener: (resource: string, change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  *everything(): Generator<{ readonly resource: string; readonly object: KubeObject }> {
    for (const [resource, collection] of this.#collections)
      for (const object of collection.list()) yield { resource, object };
  }
}
