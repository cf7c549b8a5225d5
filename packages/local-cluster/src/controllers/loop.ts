/** Reconciles one key; returns milliseconds after which to look again. */
export type Reconcile = (key: string) => number | undefined;

const retryMilliseconds = 1000;
/** Keys handled before requests get their turn again. */
const batch = 20;

/** A level-triggered queue: a key waits once, however often it is named. */
export class Loop {
  readonly #waiting = new Set<string>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #reconcile: Reconcile;
  readonly #report: (error: unknown) => void;
  #isRunning = false;
  #isStopped = false;

  constructor(reconcile: Reconcile, report: (error: unknown) => void) {
    this.#reconcile = reconcile;
    this.#report = report;
  }

  enqueue(key: string): void {
    this.#waiting.add(key);
    if (this.#isRunning || this.#isStopped) return;
    this.#isRunning = true;
    setImmediate(() => this.#run());
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  #run(): void {
    for (const key of [...this.#waiting].slice(0, batch)) {
      this.#waiting.delete(key);
      this.#lookAgain(key, this.#one(key));
    }
    this.#isRunning = this.#waiting.size > 0 && !this.#isStopped;
    if (this.#isRunning) setImmediate(() => this.#run());
  }

  #one(key: string): number | undefined {
    try {
      return this.#reconcile(key);
    } catch (error) {
      this.#report(error);
      return retryMilliseconds;
    }
  }

  /** What the last look said counts: an earlier timer is dropped. */
  #lookAgain(key: string, after: number | undefined): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    if (after === undefined || this.#isStopped) return;
    this.#timers.set(
      key,
      setTimeout(() => this.enqueue(key), after),
    );
  }
}
