import { backoffMilliseconds, type BackoffRange } from './backoff.ts';
import type { KubeClient } from './client.ts';
import type { SelectorOptions } from './client-options.ts';
import { sleep, systemClock, systemRandom, type Clock, type Random } from './clock.ts';
import { isGone, isNotFound, KubeApiError, KubeConnectionError, messageOf } from './errors.ts';
import { withIdleTimeout } from './idle-timeout.ts';
import { IndexedStore, type Change, type Indexers, type ReadonlyStore } from './indexed-store.ts';
import { silentLogger, type Logger } from './logger.ts';
import { keepManagedFields, type KeptManagedFields } from './managed-fields.ts';
import { keyOf, type KubeObject } from './object.ts';
import { resourcePath, type ResourceKind } from './resource-kind.ts';
import { shareStructure } from './share-structure.ts';
import type { WatchEvent } from './watch-event.ts';

export interface ReflectorOptions<T extends KubeObject, Index extends string = never> {
  readonly client: KubeClient;
  readonly kind: ResourceKind<T>;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly indexes?: Indexers<T, Index>;
  /** Drops what nobody reads before an object is kept. It may change and return the object it is given. */
  readonly transform?: (object: T) => T;
  /** managedFields are dropped, except these: `applyIfChanged` sees by them what must be taken away again. */
  readonly keepManagedFields?: KeptManagedFields;
  /** A watch that is silent for so long is dead; API servers send a bookmark every minute. Default 180 s. */
  readonly idleTimeoutMilliseconds?: number;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface ReflectorStatistics {
  /** Complete lists, whichever way they came. */
  readonly lists: number;
  /** Watches begun from a known version. */
  readonly resumes: number;
  readonly bookmarks: number;
  readonly failures: number;
}

const IDLE_TIMEOUT_MILLISECONDS = 180_000;
/** A server that is not there costs nothing to ask, and it should be found soon after it is back. */
const UNREACHABLE: BackoffRange = { firstMilliseconds: 200, longestMilliseconds: 2_000 };
const REFUSED: BackoffRange = { firstMilliseconds: 800, longestMilliseconds: 30_000 };
/** A kind that is not installed yet may be in a moment. */
const MISSING: BackoffRange = { firstMilliseconds: 800, longestMilliseconds: 5_000 };
const LONGEST_RETRY_AFTER_MILLISECONDS = 30_000;
/** A watch that ends sooner was not ended by its own time limit. */
const SHORT_WATCH_MILLISECONDS = 1_000;

/** Keeps a store equal to one kind's objects on the server, whatever happens to the connection. */
export class Reflector<T extends KubeObject, Index extends string = never> {
  readonly kind: ResourceKind<T>;
  readonly #options: ReflectorOptions<T, Index>;
  readonly #store: IndexedStore<T, Index>;
  readonly #handlers = new Set<(change: Change<T>) => void>();
  readonly #synced = Promise.withResolvers<void>();
  readonly #statistics = { lists: 0, resumes: 0, bookmarks: 0, failures: 0 };
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  #hasSynced = false;
  #resourceVersion: string | undefined;
  #latest: T | undefined;
  #watchListRefused = false;
  #failures = 0;
  #unreachable = false;
  #lastError: string | undefined;

  constructor(options: ReflectorOptions<T, Index>) {
    this.kind = options.kind;
    this.#options = options;
    this.#store = new IndexedStore(options.indexes ?? ({} as Indexers<T, Index>));
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#logger = options.logger ?? silentLogger;
  }

  get store(): ReadonlyStore<T, Index> {
    return this.#store;
  }

  get name(): string {
    return `${this.kind.plural}${this.kind.group === '' ? '' : `.${this.kind.group}`}`;
  }

  /** Resolves when the store holds a complete list. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Why the last connection failed; undefined while all is well. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  get statistics(): ReflectorStatistics {
    return { ...this.#statistics };
  }

  /** Calls back after each change of the store; returns what ends that. Handlers must not throw or wait. */
  onChange(handler: (change: Change<T>) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Runs until the signal aborts; never throws. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const begun = this.#clock.monotonic();
      let pause = 0;
      try {
        await this.#follow(signal);
        const short = this.#clock.monotonic() - begun < SHORT_WATCH_MILLISECONDS;
        if (short) pause = backoffMilliseconds(REFUSED, this.#failures++, this.#random);
      } catch (error) {
        if (signal.aborted) return;
        pause = this.#fail(error);
      }
      await sleep(this.#clock, pause, signal);
    }
  }

  /** Records the failure; returns how long to wait before the next try. */
  #fail(error: unknown): number {
    const unreachable = error instanceof KubeConnectionError;
    // A server that is just back must not be met with the patience that its absence has taught.
    if (unreachable !== this.#unreachable) this.#failures = 0;
    this.#unreachable = unreachable;
    this.#statistics.failures++;
    this.#lastError = messageOf(error);
    if (isGone(error)) this.#resourceVersion = undefined;
    if (this.#refusesWatchList(error)) this.#watchListRefused = true;
    // Where nothing happens for long, versions expire in the ordinary course of things.
    const level = isGone(error) ? 'debug' : 'warn';
    this.#logger[level]({ kind: this.name, error: this.#lastError }, 'watch failed, will try again');
    const asked = error instanceof KubeApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const range = unreachable ? UNREACHABLE : isNotFound(error) ? MISSING : REFUSED;
    return (
      Math.min(asked, LONGEST_RETRY_AFTER_MILLISECONDS) +
      backoffMilliseconds(range, this.#failures++, this.#random)
    );
  }

  /** Servers that do not know sendInitialEvents, or have it switched off, call the request bad or invalid. */
  #refusesWatchList(error: unknown): boolean {
    if (this.#resourceVersion !== undefined || !(error instanceof KubeApiError)) return false;
    return [400, 405, 415, 422, 501].includes(error.code) && !isNotFound(error);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    if (this.#resourceVersion === undefined && this.#watchListRefused) await this.#list(signal);
    const initial = this.#resourceVersion === undefined;
    const seen = initial ? new Set<string>() : undefined;
    if (!initial) this.#statistics.resumes++;
    for await (const event of this.#events(signal)) {
      this.#failures = 0;
      this.#lastError = undefined;
      this.#take(event, this.#hasList(initial) ? undefined : seen);
    }
    // A server that ignores sendInitialEvents sends the objects, too, but never says where they end.
    if (initial && this.#resourceVersion === undefined) this.#watchListRefused = true;
  }

  #hasList(initial: boolean): boolean {
    return !initial || this.#resourceVersion !== undefined;
  }

  #events(signal: AbortSignal): AsyncIterable<WatchEvent<T>> {
    const { client, kind, idleTimeoutMilliseconds = IDLE_TIMEOUT_MILLISECONDS } = this.#options;
    const start =
      this.#resourceVersion === undefined
        ? { sendInitialEvents: true }
        : { resourceVersion: this.#resourceVersion };
    const timeoutSeconds = 300 + Math.floor(this.#random() * 300);
    return withIdleTimeout(
      {
        clock: this.#clock,
        milliseconds: idleTimeoutMilliseconds,
        signal,
        request: `watch ${resourcePath(kind)}`,
      },
      (idle) => client.watch(kind, { ...this.#selector, ...start, timeoutSeconds, signal: idle }),
    );
  }

  get #selector(): SelectorOptions {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    return { namespace, labelSelector, fieldSelector };
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { resourceVersion, items } = await this.#options.client.list(this.kind, {
      ...this.#selector,
      signal,
    });
    for (const object of items) this.#put(object);
    this.#completeList(new Set(items.map(keyOf)), resourceVersion);
  }

  /** `listing` is there until the initial events have ended: the keys seen so far. */
  #take(event: WatchEvent<T>, listing: Set<string> | undefined): void {
    if (event.type === 'BOOKMARK') {
      this.#statistics.bookmarks++;
      if (listing === undefined) this.#resourceVersion = event.resourceVersion;
      else if (event.initialEventsEnd) this.#completeList(listing, event.resourceVersion);
      return;
    }
    const key = keyOf(event.object);
    if (event.type === 'DELETED') {
      listing?.delete(key);
      this.#emit(this.#store.remove(key, this.#slim(event.object)));
    } else {
      listing?.add(key);
      this.#put(event.object);
    }
    if (listing === undefined)
      this.#resourceVersion = event.object.metadata.resourceVersion ?? this.#resourceVersion;
  }

  /** What a complete list does not hold was deleted while we did not watch. */
  #completeList(present: ReadonlySet<string>, resourceVersion: string): void {
    for (const key of this.#store.keys()) if (!present.has(key)) this.#emit(this.#store.remove(key));
    this.#resourceVersion = resourceVersion;
    this.#statistics.lists++;
    this.#hasSynced = true;
    this.#synced.resolve();
  }

  #put(object: T): void {
    const slim = this.#slim(object);
    // Its own last version, or else whichever object came last: those of one kind are much alike.
    const like = this.#store.get(keyOf(slim)) ?? this.#latest;
    const kept = shareStructure(like, slim);
    this.#latest = kept;
    this.#emit(this.#store.put(kept));
  }

  #slim(object: T): T {
    const { transform, keepManagedFields: kept } = this.#options;
    const slim = keepManagedFields(object, kept);
    return transform === undefined ? slim : transform(slim);
  }

  #emit(change: Change<T> | undefined): void {
    if (change !== undefined) for (const handler of this.#handlers) handler(change);
  }
}
