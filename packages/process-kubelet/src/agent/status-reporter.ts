import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Pod, PodStatus } from '../pod/pod.ts';
import type { PodApi } from './pod-api.ts';
import type { AgentLog } from './services.ts';

/**
 * Brings a pod's newest status to the API server in its own time, so that an API server that is away does not hold up
 * the pod's containers. What is overtaken before it was sent is never sent.
 */
export class StatusReporter {
  readonly #options: {
    readonly api: PodApi;
    readonly log: AgentLog;
    readonly retryMilliseconds: number;
    readonly onStored: (pod: Pod | undefined) => void;
  };
  #wanted: { readonly pod: Pod; readonly status: PodStatus } | undefined;
  #last: PodStatus | undefined;
  #sending: Promise<void> = Promise.resolve();
  #isSending = false;
  #closed = false;

  constructor(options: {
    readonly api: PodApi;
    readonly log: AgentLog;
    readonly retryMilliseconds: number;
    /** The stored pod, or undefined when it is gone. */
    readonly onStored: (pod: Pod | undefined) => void;
  }) {
    this.#options = options;
  }

  /** What was submitted last. */
  get last(): PodStatus | undefined {
    return this.#last;
  }

  submit(pod: Pod, status: PodStatus): void {
    if (this.#closed || isDeepStrictEqual(status, this.#last)) return;
    this.#last = status;
    this.#wanted = { pod, status };
    if (!this.#isSending) this.#sending = this.#send();
  }

  /** Resolves when nothing waits to be sent. */
  async settled(): Promise<void> {
    await this.#sending;
  }

  close(): void {
    this.#closed = true;
    this.#wanted = undefined;
  }

  async #send(): Promise<void> {
    const { api, log, retryMilliseconds, onStored } = this.#options;
    this.#isSending = true;
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      try {
        onStored(await api.reportStatus(next.pod, next.status));
      } catch (error) {
        log.warn(
          { pod: next.pod.metadata.name, error: (error as Error).message },
          'status not reported, will retry',
        );
        if (!this.#closed) this.#wanted ??= next;
        await delay(retryMilliseconds);
      }
    }
    this.#isSending = false;
  }

  #take(): { readonly pod: Pod; readonly status: PodStatus } | undefined {
    const next = this.#wanted;
    this.#wanted = undefined;
    return next;
  }
}
