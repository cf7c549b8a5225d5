import { backoffMilliseconds, type BackoffRange } from './backoff.ts';
import { systemClock, systemRandom, type Clock, type Random, type Timer } from './clock.ts';

export interface WorkQueueOptions {
  /** Of repeated failures of one key. Default 100 ms doubling to 5 minutes. */
  readonly backoff?: BackoffRange;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** Urgent keys are handed out before all others: what a user has just asked for, before the bookkeeping that follows. */
export type Urgency = 'urgent' | 'usual';

export interface TakenKey {
  readonly key: string;
  readonly urgency: Urgency;
  readonly waitedMilliseconds: number;
}

interface Delayed {
  readonly at: number;
  readonly timer: Timer;
}

const DEFAULT_BACKOFF: BackoffRange = { firstMilliseconds: 100, longestMilliseconds: 300_000 };

/**
 * Keys that need work. A key is in it once however often it is added; it is handed to one worker at a time, and again
 * after that worker is done if it was added meanwhile.
 */
export class WorkQueue {
  readonly #ready: Readonly<Record<Urgency, Set<string>>> = { urgent: new Set(), usual: new Set() };
  /** Wants work: in `#ready`, or to be put there when its worker is done. */
  readonly #dirty = new Map<string, Urgency>();
  readonly #active = new Map<string, Urgency>();
  readonly #failures = new Map<string, number>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #addedAt = new Map<string, number>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #backoff: BackoffRange;
  #drained: PromiseWithResolvers<void> | undefined;
  #adds = 0;
  #retries = 0;
  #paused = false;
  #closed = false;

  constructor(options: WorkQueueOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#backoff = options.backoff ?? DEFAULT_BACKOFF;
  }

  /** Keys that wait for a worker; delayed ones do not count. */
  get depth(): number {
    return this.#ready.urgent.size + this.#ready.usual.size;
  }

  get active(): number {
    return this.#active.size;
  }

  get delayed(): number {
    return this.#delayed.size;
  }

  /** Keys put in so far, those that were in already left out. */
  get adds(): number {
    return this.#adds;
  }

  /** How often a key was put in again because it had failed. */
  get retries(): number {
    return this.#retries;
  }

  /** How often this key has failed in a row. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** A key that waits already becomes urgent by being added so, but never less urgent. */
  add(key: string, urgency: Urgency = 'usual'): void {
    const before = this.#dirty.get(key);
    if (this.#closed || before === 'urgent' || before === urgency) return;
    this.#dirty.set(key, urgency);
    if (before === undefined) {
      this.#adds++;
      this.#addedAt.set(key, this.#clock.monotonic());
    } else {
      this.#ready[before].delete(key);
    }
    if (!this.#active.has(key)) this.#offer(key, urgency);
  }

  /** Adds the key later. Of several delays of one key the shortest counts. */
  addAfter(key: string, milliseconds: number, urgency: Urgency = 'usual'): void {
    if (this.#closed) return;
    if (milliseconds <= 0) {
      this.add(key, urgency);
      return;
    }
    const at = this.#clock.monotonic() + milliseconds;
    const pending = this.#delayed.get(key);
    if (pending !== undefined && pending.at <= at) return;
    pending?.timer.cancel();
    const timer = this.#clock.setTimeout(() => {
      this.#delayed.delete(key);
      this.add(key, urgency);
    }, milliseconds);
    this.#delayed.set(key, { at, timer });
  }

  /** Adds the key, as urgent as it was, after a pause that grows with its failures; returns the pause. */
  addRateLimited(key: string, range: BackoffRange = this.#backoff): number {
    const failures = this.failures(key);
    this.#failures.set(key, failures + 1);
    this.#retries++;
    const milliseconds = backoffMilliseconds(range, failures, this.#random);
    this.addAfter(key, milliseconds, this.#active.get(key));
    return milliseconds;
  }

  /** Says that the key's work went well, so that its next failure counts as the first. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key, and for how long it waited; undefined when the queue is paused. The taker must call `done`. */
  async take(): Promise<TakenKey | undefined> {
    const key = this.#paused ? undefined : (this.#first() ?? (await this.#offered()));
    if (key === undefined) return undefined;
    // A key handed to a waiting taker was begun in #offer already; doing so again changes nothing.
    this.#begin(key);
    const now = this.#clock.monotonic();
    const added = this.#addedAt.get(key) ?? now;
    return { key, urgency: this.#active.get(key) ?? 'usual', waitedMilliseconds: now - added };
  }

  done(key: string): void {
    this.#active.delete(key);
    const urgency = this.#dirty.get(key);
    if (urgency === undefined) this.#addedAt.delete(key);
    else if (!this.#closed) this.#offer(key, urgency);
    if (this.#active.size === 0) this.#drained?.resolve();
  }

  /** Hands out nothing until `resume`, but still takes keys in; resolves when the keys in work are done. */
  async pause(): Promise<void> {
    this.#paused = true;
    for (const taker of this.#takers.splice(0)) taker(undefined);
    if (this.#active.size === 0) return;
    this.#drained ??= Promise.withResolvers<void>();
    await this.#drained.promise;
  }

  resume(): void {
    this.#paused = this.#closed;
    this.#drained = undefined;
  }

  /** Pauses for good, and forgets what was waiting. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    for (const lane of Object.values(this.#ready)) lane.clear();
    await this.pause();
  }

  #first(): string | undefined {
    for (const lane of [this.#ready.urgent, this.#ready.usual]) {
      for (const key of lane) {
        lane.delete(key);
        return key;
      }
    }
    return undefined;
  }

  #offered(): Promise<string | undefined> {
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  #offer(key: string, urgency: Urgency): void {
    const taker = this.#takers.shift();
    if (taker === undefined) {
      this.#ready[urgency].add(key);
      return;
    }
    // Before the taker's promise settles: an add in between must not offer the key to another one.
    this.#begin(key);
    taker(key);
  }

  #begin(key: string): void {
    if (this.#active.has(key)) return;
    this.#active.set(key, this.#dirty.get(key) ?? 'usual');
    this.#dirty.delete(key);
  }
}
