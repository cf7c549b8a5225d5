import { QueueFullError } from './engine.ts';

/** Lends a fixed number of things; who finds none waits in order. */
export class Slots<T> {
  readonly #free: T[];
  readonly #total: number;
  readonly #waiting = new Set<(slot: T) => void>();
  readonly #maximumWaiting: number;

  constructor(slots: readonly T[], maximumWaiting: number) {
    this.#free = [...slots];
    this.#total = slots.length;
    this.#maximumWaiting = maximumWaiting;
  }

  get running(): number {
    return this.#total - this.#free.length;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** The free slot with the best score, or the next one given back. */
  async take(score: (slot: T) => number, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.#free.length > 0) return this.#takeBest(score);
    if (this.#waiting.size >= this.#maximumWaiting)
      throw new QueueFullError(`${this.#waiting.size} requests wait already`);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const leave = (): void => {
      this.#waiting.delete(resolve);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', leave, { once: true });
    this.#waiting.add(resolve);
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  giveBack(slot: T): void {
    const [next] = this.#waiting;
    if (!next) this.#free.push(slot);
    else {
      this.#waiting.delete(next);
      next(slot);
    }
  }

  #takeBest(score: (slot: T) => number): T {
    const scores = this.#free.map(score);
    const best = scores.indexOf(Math.max(...scores));
    return this.#free.splice(best, 1)[0] as T;
  }
}
