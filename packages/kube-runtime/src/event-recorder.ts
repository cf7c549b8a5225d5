import type { KubeClient } from './client.ts';
import { systemClock, systemRandom, type Clock, type Random } from './clock.ts';
import { isNotFound, messageOf } from './errors.ts';
import { EventSeries, type RecordedEvent } from './event-series.ts';
import { kinds } from './kinds.ts';
import { silentLogger, type Logger } from './logger.ts';

export interface EventRecorderOptions {
  readonly client: KubeClient;
  /** Who says it, such as `kaito-operator`. */
  readonly component: string;
  /** Which of its processes, such as the pod's name. */
  readonly instance: string;
  /** Repeats within this time are counted up together. Default 5 s. */
  readonly flushMilliseconds?: number;
  /** Events about one object in a row before they are limited. Default 25. */
  readonly burst?: number;
  /** After which a limited object may have one more event. Default 60 s. */
  readonly refillMilliseconds?: number;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** The same event within this time is a repetition; later it is news again. */
const SERIES_MILLISECONDS = 10 * 60_000;
/** Nothing else is done then, and a process that ends has little time. */
const AT_ONCE_AT_THE_END = 16;
/** Series remembered; the oldest are forgotten first. */
const MOST_SERIES = 1_024;

/**
 * Writes Events about objects. A repeated event raises the count of the first one. Recording never waits and never
 * throws: an Event is a message to people, and losing one must not hold up the work. Nor must writing it: they go one by
 * one, so that a thousand of them leave the connections and the API server to the work they tell of.
 */
export class EventRecorder {
  readonly #options: Required<EventRecorderOptions>;
  readonly #series = new Map<string, EventSeries>();
  readonly #tokens = new Map<string, { count: number; at: number }>();
  readonly #waiting = new Set<EventSeries>();
  readonly #sending = new Map<EventSeries, Promise<void>>();
  #sequence = 0;
  #closed = false;

  constructor(options: EventRecorderOptions) {
    this.#options = {
      flushMilliseconds: 5_000,
      burst: 25,
      refillMilliseconds: 60_000,
      logger: silentLogger,
      clock: systemClock,
      random: systemRandom,
      ...options,
    };
  }

  record(event: RecordedEvent): void {
    if (this.#closed) return;
    const now = this.#options.clock.now();
    const key = JSON.stringify([
      event.regarding.uid,
      event.regarding.name,
      event.type,
      event.reason,
      event.message,
    ]);
    const known = this.#series.get(key);
    if (known !== undefined && now - known.lastSeen < SERIES_MILLISECONDS) {
      known.repeat(now);
      this.#flushLater(known);
      return;
    }
    if (!this.#takeToken(event.regarding.uid ?? event.regarding.name, now)) return;
    const series = new EventSeries(event, { ...this.#options, now, sequence: this.#sequence++ });
    this.#series.delete(key);
    this.#series.set(key, series);
    this.#forgetOldest();
    this.#write(series);
  }

  /** Writes what waits, and takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const series of this.#series.values()) {
      series.timer?.cancel();
      if (series.timer !== undefined) this.#write(series);
    }
    this.#sendNext();
    while (this.#sending.size > 0) await Promise.all(this.#sending.values());
  }

  #flushLater(series: EventSeries): void {
    const { clock, flushMilliseconds } = this.#options;
    series.timer ??= clock.setTimeout(() => this.#write(series), flushMilliseconds);
  }

  #write(series: EventSeries): void {
    series.timer = undefined;
    this.#waiting.add(series);
    this.#sendNext();
  }

  #sendNext(): void {
    const atOnce = this.#closed ? AT_ONCE_AT_THE_END : 1;
    for (const series of this.#waiting) {
      if (this.#sending.size >= atOnce) return;
      // A count must not overtake the event that it counts.
      if (this.#sending.has(series)) continue;
      this.#waiting.delete(series);
      const sent = this.#send(series).finally(() => {
        this.#sending.delete(series);
        this.#sendNext();
      });
      this.#sending.set(series, sent);
    }
  }

  async #send(series: EventSeries): Promise<void> {
    const { client, logger } = this.#options;
    try {
      if (series.stored !== undefined) {
        try {
          await client.patch(kinds.coreEvents, series.stored, { type: 'merge', value: series.countPatch() });
          return;
        } catch (error) {
          // Events live for an hour; ours may be gone.
          if (!isNotFound(error)) throw error;
        }
      }
      const { metadata } = await client.create(kinds.coreEvents, series.object());
      series.stored = { name: metadata.name, namespace: metadata.namespace };
    } catch (error) {
      logger.warn({ reason: series.event.reason, error: messageOf(error) }, 'event not written');
    }
  }

  #takeToken(object: string, now: number): boolean {
    const { burst, refillMilliseconds } = this.#options;
    const bucket = this.#tokens.get(object) ?? { count: burst, at: now };
    const refilled = Math.floor((now - bucket.at) / refillMilliseconds);
    const count = Math.min(burst, bucket.count + refilled);
    const at = count === burst ? now : bucket.at + refilled * refillMilliseconds;
    this.#tokens.delete(object);
    this.#tokens.set(object, { count: Math.max(0, count - 1), at });
    const oldest = this.#tokens.keys().next().value;
    if (this.#tokens.size > MOST_SERIES && oldest !== undefined) this.#tokens.delete(oldest);
    return count > 0;
  }

  #forgetOldest(): void {
    for (const [key, series] of this.#series) {
      if (this.#series.size <= MOST_SERIES) return;
      series.timer?.cancel();
      this.#series.delete(key);
    }
  }
}
