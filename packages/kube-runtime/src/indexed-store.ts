import { keyOf, refKey, type KubeObject, type ObjectRef } from './object.ts';

/** For each index, the values under which an object is found. */
export type Indexers<T extends KubeObject, Index extends string> = Readonly<
  Record<Index, (object: T) => readonly string[]>
>;

export type Change<T extends KubeObject> =
  | { readonly type: 'added'; readonly object: T }
  | { readonly type: 'updated'; readonly object: T; readonly previous: T }
  | { readonly type: 'deleted'; readonly object: T };

/** The last known objects of a kind. Callers must not change what they are handed. */
export interface ReadonlyStore<T extends KubeObject, Index extends string = never> {
  readonly size: number;
  get(ref: ObjectRef | string): T | undefined;
  list(): readonly T[];
  keys(): readonly string[];
  byIndex(index: Index, value: string): readonly T[];
}

/** Objects by key and by index. */
export class IndexedStore<T extends KubeObject, Index extends string = never> implements ReadonlyStore<
  T,
  Index
> {
  readonly #objects = new Map<string, T>();
  readonly #indexes: ReadonlyMap<
    string,
    { readonly of: (object: T) => readonly string[]; readonly keys: Map<string, Set<string>> }
  >;

  constructor(indexers: Indexers<T, Index>) {
    const all = Object.entries<(object: T) => readonly string[]>(indexers);
    this.#indexes = new Map(all.map(([name, of]) => [name, { of, keys: new Map<string, Set<string>>() }]));
  }

  get size(): number {
    return this.#objects.size;
  }

  get(ref: ObjectRef | string): T | undefined {
    return this.#objects.get(typeof ref === 'string' ? ref : refKey(ref));
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  keys(): readonly string[] {
    return [...this.#objects.keys()];
  }

  byIndex(index: Index, value: string): readonly T[] {
    const keys = this.#indexes.get(index)?.keys.get(value) ?? [];
    return [...keys].flatMap((key) => this.#objects.get(key) ?? []);
  }

  /** Undefined when this very version is here already. */
  put(object: T): Change<T> | undefined {
    const key = keyOf(object);
    const previous = this.#objects.get(key);
    if (previous !== undefined && sameVersion(previous, object)) return undefined;
    this.#unindex(key, previous);
    this.#objects.set(key, object);
    this.#index(key, object);
    return previous === undefined ? { type: 'added', object } : { type: 'updated', object, previous };
  }

  /** `last` is the object's final state, if the server told it. */
  remove(key: string, last?: T): Change<T> | undefined {
    const previous = this.#objects.get(key);
    if (previous === undefined) return undefined;
    this.#unindex(key, previous);
    this.#objects.delete(key);
    return { type: 'deleted', object: last ?? previous };
  }

  #index(key: string, object: T): void {
    for (const { of, keys } of this.#indexes.values()) {
      for (const value of of(object)) {
        const set = keys.get(value);
        if (set === undefined) keys.set(value, new Set([key]));
        else set.add(key);
      }
    }
  }

  #unindex(key: string, object: T | undefined): void {
    if (object === undefined) return;
    for (const { of, keys } of this.#indexes.values()) {
      for (const value of of(object)) {
        const set = keys.get(value);
        set?.delete(key);
        if (set?.size === 0) keys.delete(value);
      }
    }
  }
}

/** Versions are opaque: equal or not is all that may be asked. A recreated object has another uid. */
function sameVersion({ metadata: a }: KubeObject, { metadata: b }: KubeObject): boolean {
  return a.resourceVersion !== undefined && a.resourceVersion === b.resourceVersion && a.uid === b.uid;
}
