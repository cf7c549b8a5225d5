import type { Cache, KubeClient, Logger, ResourceKind } from '@kaito-ts/kube-runtime';
import { isNotFound, sleep, systemClock } from '@kaito-ts/kube-runtime';

const pauseMilliseconds = 3_000;

/** Asks the API server's discovery, which everyone may read, until all of some kinds are served. */
export class InstalledKinds implements Cache {
  readonly name = 'node provisioner';
  readonly #client: KubeClient;
  readonly #kinds: readonly ResourceKind[];
  readonly #logger: Logger;
  readonly #answered = Promise.withResolvers<void>();
  readonly #missing = Promise.withResolvers<void>();
  #complete = false;
  #lastError: string | undefined;

  constructor(client: KubeClient, kinds: readonly ResourceKind[], logger: Logger) {
    this.#client = client;
    this.#kinds = kinds;
    this.#logger = logger;
  }

  /** Resolves with the first answer, whatever it is. */
  get synced(): Promise<void> {
    return this.#answered.promise;
  }

  /** Resolves when a kind is found not to be there. */
  get foundMissing(): Promise<void> {
    return this.#missing.promise;
  }

  get hasSynced(): boolean {
    return this.#complete;
  }

  /** Which kinds are not installed, once that is known. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#complete) {
      await this.#look(signal);
      if (!this.#complete) await sleep(systemClock, pauseMilliseconds, signal);
    }
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  async #look(signal: AbortSignal): Promise<void> {
    const missing: string[] = [];
    try {
      for (const kind of this.#kinds)
        if (!(await this.#isServed(kind, signal))) missing.push(`${kind.plural}.${kind.group}`);
    } catch {
      // The API server is away; the caches say so.
      return;
    }
    this.#complete = missing.length === 0;
    const error = `not installed: ${missing.join(', ')} (custom resource definitions of the node provisioner)`;
    if (this.#complete) this.#lastError = undefined;
    else if (this.#lastError !== error) {
      this.#lastError = error;
      this.#logger.error({ missing }, 'the node provisioner is not installed, will look again');
    }
    if (!this.#complete) this.#missing.resolve();
    this.#answered.resolve();
  }

  async #isServed({ group, version, plural }: ResourceKind, signal: AbortSignal): Promise<boolean> {
    try {
      const { body } = await this.#client.raw({ method: 'GET', path: `/apis/${group}/${version}`, signal });
      const { resources = [] } = JSON.parse(body) as { resources?: readonly { name: string }[] };
      return resources.some(({ name }) => name === plural);
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }
}
