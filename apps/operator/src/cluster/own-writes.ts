import type { Clock, KubeObject } from '@kaito-ts/kube-runtime';
import { keepManagedFields, keyOf, shareStructure } from '@kaito-ts/kube-runtime';
import { ownOperations } from './kinds.ts';

/** A watch that lags longer than this is down; what it says when it is back counts. */
const longestLagMilliseconds = 30_000;

interface Written {
  readonly object: KubeObject;
  readonly at: number;
}

/**
 * What we wrote and the watches have not brought back yet. Without it a round that begins in between would see the state
 * before our own write, and write it again.
 */
export class OwnWrites {
  readonly #written = new Map<string, Written>();
  readonly #latest = new Map<string, KubeObject>();
  /** Uids of what we deleted, with the time in milliseconds since 1970. */
  readonly #deleted = new Map<string, number>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes what the API server answered to a write, and keeps of many alike what differs: watches may be seconds behind. */
  note(kind: string, answered: KubeObject): void {
    const object = shareStructure(this.#latest.get(kind), keepManagedFields(answered, ownOperations));
    this.#latest.set(kind, object);
    this.#written.set(`${kind}/${keyOf(object)}`, { object, at: this.#clock.monotonic() });
  }

  /** Takes that an object is to go; its finalizers may keep it for long. */
  noteDeletion(uid: string): void {
    const now = this.#clock.now();
    for (const [other, at] of this.#deleted)
      if (now - at > longestLagMilliseconds) this.#deleted.delete(other);
    this.#deleted.set(uid, now);
  }

  /** The object as it is since we deleted it, also before a watch says so. */
  marked<T extends KubeObject>(object: T): T {
    const at = this.#deleted.get(object.metadata.uid ?? '');
    if (at === undefined || object.metadata.deletionTimestamp !== undefined) return object;
    const deletionTimestamp = new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
    return { ...object, metadata: { ...object.metadata, deletionTimestamp } };
  }

  /** Whether the object is as our last write of it left it, which no watch had brought yet. */
  isLatest(kind: string, object: KubeObject): boolean {
    const written = this.#written.get(`${kind}/${keyOf(object)}`);
    return (
      written !== undefined && written.object.metadata.resourceVersion === object.metadata.resourceVersion
    );
  }

  /** Takes what a watch brought; forgets a write that is not newer. */
  seen(kind: string, object: KubeObject): void {
    const key = `${kind}/${keyOf(object)}`;
    const written = this.#written.get(key);
    if (written !== undefined && !isNewer(written.object, object)) this.#written.delete(key);
  }

  /** Objects of a kind that a watch has yet to bring. */
  unseen(kind: string): readonly KubeObject[] {
    const prefix = `${kind}/`;
    return [...this.#written].flatMap(([id, { object }]) => {
      if (!id.startsWith(prefix)) return [];
      return this.newest(kind, keyOf(object), undefined) ?? [];
    });
  }

  /** The newer of what a cache holds and what we wrote. */
  newest<T extends KubeObject>(kind: string, key: string, cached: T | undefined): T | undefined {
    const id = `${kind}/${key}`;
    const written = this.#written.get(id);
    if (written === undefined) return cached;
    const late = this.#clock.monotonic() - written.at > longestLagMilliseconds;
    if (!late && (cached === undefined || isNewer(written.object, cached))) return written.object as T;
    this.#written.delete(id);
    return cached;
  }
}

/** Versions of one resource are comparable numbers on every API server over etcd; elsewhere the cache is believed. */
function isNewer(left: KubeObject, right: KubeObject): boolean {
  const [a, b] = [left, right].map(({ metadata }) => metadata.resourceVersion ?? '');
  if (a === undefined || b === undefined || !/^\d+$/.test(a) || !/^\d+$/.test(b)) return false;
  return BigInt(a) > BigInt(b);
}
