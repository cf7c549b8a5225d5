import type { Container } from '../pod/pod.ts';
import type { CommandOutcome } from '../process/container-process.ts';
import { checkProbe } from '../probes/check.ts';
import { runProbe, type ProbeKind } from '../probes/prober.ts';

/** A running container, as far as probes and hooks need it. */
export interface CheckedContainer {
  readonly container: () => Container;
  readonly podIP: () => string;
  readonly exec: (command: readonly string[], timeoutMilliseconds: number) => Promise<CommandOutcome>;
}

export interface CheckEvents {
  onStarted(): void;
  onReady(ready: boolean): void;
  onFailure(kind: ProbeKind, message: string): void;
  /** Startup or liveness failed too often: the container is to be restarted. */
  onGaveUp(kind: ProbeKind, message: string, graceSeconds: number | undefined): void;
}

/** The probes of one container over its runs: startup first, the other two after it. */
export class ContainerChecks {
  readonly #subject: CheckedContainer;
  readonly #events: CheckEvents;
  #run = new AbortController();

  constructor(subject: CheckedContainer, events: CheckEvents) {
    this.#subject = subject;
    this.#events = events;
  }

  start(): void {
    this.stop();
    this.#run = new AbortController();
    if (this.#subject.container().startupProbe === undefined) this.#startLater();
    else this.#probe('startup');
  }

  stop(): void {
    this.#run.abort();
  }

  #startLater(): void {
    this.#probe('readiness');
    this.#probe('liveness');
  }

  #probe(kind: ProbeKind): void {
    const container = this.#subject.container();
    const probe = container[`${kind}Probe`];
    if (probe === undefined) return;
    const { podIP, exec } = this.#subject;
    void runProbe(kind, probe, {
      check: async () => checkProbe(probe, { container, podIP: podIP(), exec }),
      signal: this.#run.signal,
      events: {
        onFailure: (_kind, message) => this.#events.onFailure(kind, message),
        onVerdict: (_kind, passed, message) => {
          if (kind === 'readiness') this.#events.onReady(passed);
          else if (!passed) this.#events.onGaveUp(kind, message, probe.terminationGracePeriodSeconds);
          else if (kind === 'startup') {
            this.#events.onStarted();
            this.#startLater();
          }
        },
      },
    });
  }
}
