import type { KubeClient } from './client.ts';
import { sleep, systemClock, systemRandom, type Clock, type Random, type Timer } from './clock.ts';
import {
  DeadlineError,
  ignoreNotFound,
  isAlreadyExists,
  isConflict,
  isNotFound,
  messageOf,
} from './errors.ts';
import { kinds, type Lease } from './kinds.ts';
import {
  claimLease,
  isFree,
  millisecondsUntilFree,
  observeLease,
  releaseLease,
  type LeaseObservation,
} from './lease.ts';
import { silentLogger, type Logger } from './logger.ts';
import type { ObjectRef } from './object.ts';

export interface LeaderElectorOptions {
  readonly client: KubeClient;
  readonly lease: ObjectRef & { readonly namespace: string };
  /** Unique to this process, such as the pod's name and a random part. */
  readonly identity: string;
  /** How long others wait after the last sign of life. Default 12 s: with the retry below, a leader that was killed is replaced within 16 s. */
  readonly leaseDurationSeconds?: number;
  /** A leader that could not renew for so long gives up, before others may take over. Default 8 s. */
  readonly renewDeadlineSeconds?: number;
  /** Between tries to renew or to become leader. Default 2 s. */
  readonly retryPeriodSeconds?: number;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** A process that is to end should not wait longer for each call. */
const RELEASE_MILLISECONDS = 2_000;

/** Thrown by `run` when another may lead by now: whatever is still at work must not write any more. */
export class LeadershipLostError extends Error {
  override readonly name = 'LeadershipLostError';
  readonly code = 'LEADERSHIP_LOST';
}

/** Lets one of several processes work, by a Lease object. */
export class LeaderElector {
  readonly #options: Required<Omit<LeaderElectorOptions, 'logger'>> & { readonly logger: Logger };
  #observed: LeaseObservation | undefined;
  #leading = false;

  constructor(options: LeaderElectorOptions) {
    this.#options = {
      leaseDurationSeconds: 12,
      renewDeadlineSeconds: 8,
      retryPeriodSeconds: 2,
      logger: silentLogger,
      clock: systemClock,
      random: systemRandom,
      ...options,
    };
    const { leaseDurationSeconds, renewDeadlineSeconds, retryPeriodSeconds } = this.#options;
    if (
      !(
        leaseDurationSeconds > renewDeadlineSeconds &&
        renewDeadlineSeconds > retryPeriodSeconds &&
        retryPeriodSeconds > 0
      )
    ) {
      throw new RangeError(
        `leader election needs leaseDurationSeconds > renewDeadlineSeconds > retryPeriodSeconds > 0, not ` +
          `${leaseDurationSeconds} > ${renewDeadlineSeconds} > ${retryPeriodSeconds}`,
      );
    }
  }

  get isLeader(): boolean {
    return this.#leading;
  }

  /** Who leads as far as is known; undefined when nobody does. */
  get leader(): string | undefined {
    return this.#observed?.lease.spec?.holderIdentity || undefined;
  }

  /**
   * Waits to become leader, then runs `lead`. When the signal aborts, `lead`'s does; the lease is given up as soon as
   * `lead` has ended. Throws LeadershipLostError when the lease could not be renewed in time.
   */
  async run(signal: AbortSignal, lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (!(await this.#acquire(signal))) return;
    this.#leading = true;
    this.#options.logger.info({ identity: this.#options.identity }, 'became leader');
    const term = new AbortController();
    const stop = (): void => term.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const finished = new AbortController();
    const renewing = this.#renew(term, finished.signal);
    try {
      await lead(term.signal);
    } finally {
      signal.removeEventListener('abort', stop);
      finished.abort();
      await renewing;
      this.#leading = false;
      if (!(term.signal.reason instanceof LeadershipLostError)) await this.#release();
    }
    if (term.signal.reason instanceof LeadershipLostError) throw term.signal.reason;
  }

  /** True when the lease is ours, false when the signal aborted before. */
  async #acquire(signal: AbortSignal): Promise<boolean> {
    const { clock, random, retryPeriodSeconds } = this.#options;
    while (!signal.aborted) {
      if (await this.#tryToHold(signal)) return true;
      // Twice as often as a leader renews: on a clean stop this is what its users wait for.
      const pause = retryPeriodSeconds * 500 * (1 + random() / 5);
      // A lease that runs out sooner is taken at that moment: a retry period later may be too late for its users.
      const left = this.#observed && millisecondsUntilFree(this.#observed, clock.monotonic());
      await sleep(clock, left !== undefined && left > 0 ? Math.min(pause, left) : pause, signal);
    }
    return false;
  }

  /** Renews until `lead` has finished, even after `term` has ended: nobody else may begin before. */
  async #renew(term: AbortController, finished: AbortSignal): Promise<void> {
    const { clock, retryPeriodSeconds, renewDeadlineSeconds } = this.#options;
    const lose = (): void =>
      term.abort(new LeadershipLostError(`not renewed in time; ${this.leader ?? 'nobody'} leads`));
    const deadline = (): Timer => clock.setTimeout(lose, renewDeadlineSeconds * 1000);
    let timer = deadline();
    let held = true;
    // After a failure there is less time left, so the tries come closer.
    while (await sleep(clock, (retryPeriodSeconds * 1000) / (held ? 1 : 2), finished)) {
      const next = deadline();
      held = await this.#tryToHold(finished);
      (held ? timer : next).cancel();
      if (held) timer = next;
      else if (this.leader !== undefined && this.leader !== this.#options.identity) lose();
      if (term.signal.reason instanceof LeadershipLostError) break;
    }
    timer.cancel();
  }

  /** One try to take or renew the lease, given up after the retry period. */
  async #tryToHold(signal: AbortSignal): Promise<boolean> {
    const { clock, retryPeriodSeconds, logger } = this.#options;
    const attempt = new AbortController();
    const stop = (): void => attempt.abort(signal.reason);
    const timer = clock.setTimeout(
      () => attempt.abort(new DeadlineError('took too long')),
      retryPeriodSeconds * 1000,
    );
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await this.#hold(attempt.signal);
    } catch (error) {
      if (isNotFound(error)) this.#observed = undefined;
      if (!signal.aborted) logger.warn({ error: messageOf(error) }, 'cannot take or renew the lease');
      return false;
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', stop);
    }
  }

  async #hold(signal: AbortSignal): Promise<boolean> {
    const { client, clock, identity, lease: ref, leaseDurationSeconds } = this.#options;
    // Our own last version usually still stands: renewing is then one call.
    const held = this.#leading ? this.#observed?.lease : undefined;
    const live = held ?? (await ignoreNotFound(client.get(kinds.leases, ref, { signal })));
    if (live !== undefined) {
      this.#observed = observeLease(this.#observed, live, clock.monotonic());
      if (!isFree(this.#observed, identity, clock.monotonic())) return false;
    }
    const wanted = claimLease(live, { ref, identity, leaseDurationSeconds, now: clock.now() });
    try {
      const stored = await (live === undefined
        ? client.create(kinds.leases, wanted, { signal })
        : client.update(kinds.leases, wanted, { signal }));
      this.#observed = observeLease(undefined, stored, clock.monotonic());
      return true;
    } catch (error) {
      if (!isConflict(error) && !isAlreadyExists(error)) throw error;
      // Someone changed the lease: see whether it is still ours.
      this.#observed = observeLease(
        this.#observed,
        await client.get(kinds.leases, ref, { signal }),
        clock.monotonic(),
      );
      return false;
    }
  }

  /** Best effort: without it others wait for the lease to run out. */
  async #release(): Promise<void> {
    const { client, identity, lease: ref, logger } = this.#options;
    try {
      try {
        await this.#giveUp(this.#observed?.lease);
      } catch (error) {
        if (!isConflict(error)) throw error;
        // A renewal that we gave up waiting for has arrived after all.
        await this.#giveUp(
          await client.get(kinds.leases, ref, { timeoutMilliseconds: RELEASE_MILLISECONDS }),
        );
      }
      logger.info({ identity }, 'gave the lease up');
    } catch (error) {
      logger.warn({ error: messageOf(error) }, 'cannot give the lease up');
    }
  }

  async #giveUp(held: Lease | undefined): Promise<void> {
    const { client, clock, identity } = this.#options;
    if (held?.spec?.holderIdentity !== identity) return;
    const stored = await client.update(kinds.leases, releaseLease(held, clock.now()), {
      timeoutMilliseconds: RELEASE_MILLISECONDS,
    });
    this.#observed = observeLease(undefined, stored, clock.monotonic());
  }
}
