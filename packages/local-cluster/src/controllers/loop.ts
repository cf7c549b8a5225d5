/** Reconciles one key; returns milliseconds after which to look again. */
export type Reconcile = (key: string) => number | undefined;

const retryMilliseconds = 1000;
/** Node fires a longer timer at once. */
const longestTimerMilliseconds = 2 ** 31 - 1;
/** Keys handled before requests get their turn again. */
const batch = 20;

/** A level-triggered queue: a key waits once, however often it is named. */
export class Loop {
  readonly #waiting = new Set<string>();
  readonly #timers = new Map<string, { readonly timer: NodeJS.Timeout; readonly at: number }>();
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

  enqueueAfter(key: string, wanted: number): void {
    const milliseconds = Math.min(wanted, longestTimerMilliseconds);
    const at = Date.now() + milliseconds;
    const known = this.#timers.get(key);
    if (this.#isStopped || (known && known.at <= at)) return;
    clearTimeout(known?.timer);
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      this.enqueue(key);
    }, milliseconds);
    this.#timers.set(key, { timer, at });
  }

  stop(): void {
    this.#isStopped = true;
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#waiting.clear();
  }

  #run(): void {
    let handled = 0;
    for (const key of this.#waiting) {
      if (handled++ === batch) break;
      this.#waiting.delete(key);
      this.#one(key);
    }
    this.#isRunning = this.#waiting.size > 0 && !this.#isStopped;
    if (this.#isRunning) setImmediate(() => this.#run());
  }

  #one(key: string): void {
    try {
      const after = this.#reconcile(key);
      if (after !== undefined) this.enqueueAfter(key, after);
    } catch (error) {
      this.#report(error);
      this.enqueueAfter(key, retryMilliseconds);
    }
  }
}
