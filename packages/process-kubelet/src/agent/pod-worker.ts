import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endingOf } from '../pod/ending.ts';
import { podContainers, podName, type PodFacts } from '../pod/facts.ts';
import { planPod, type PodAction } from '../pod/plan.ts';
import type { Pod } from '../pod/pod.ts';
import { endedPodStatus, podStatus } from '../pod/status.ts';
import { killMembers } from '../process/end-processes.ts';
import { markedProcesses } from '../process/members.ts';
import { ContainerRunner } from './container-runner.ts';
import { Groundwork } from './groundwork.ts';
import type { NodeServices } from './services.ts';
import { StatusReporter } from './status-reporter.ts';

/** Folder names are kept short: a Unix socket inside a volume may have 107 characters in all. */
const directoryNameLength = 12;
/** How long a stopping agent waits for the API server to take a last status. */
const farewellMilliseconds = 3000;

/**
 * Runs one pod: again and again it observes, plans (pure, pod/plan.ts) and applies, on every change of the pod or of
 * a process. Only one pass runs at a time.
 */
export class PodWorker {
  readonly uid: string;
  readonly #services: NodeServices;
  readonly #runners: readonly ContainerRunner[];
  readonly #groundwork: Groundwork;
  readonly #onGone: () => void;
  readonly #startedAt: number;
  #pod: Pod;
  #removed = false;
  #stopping: { readonly graceSeconds: number } | undefined;
  #finished = false;
  #confirmed = false;
  readonly #reporter: StatusReporter;
  #isPassing = false;
  #passWanted = false;
  #wake: NodeJS.Timeout | undefined;
  readonly #stopped = Promise.withResolvers<void>();

  constructor(pod: Pod, services: NodeServices, onGone: () => void) {
    this.uid = pod.metadata.uid ?? '';
    this.#pod = pod;
    this.#services = services;
    this.#onGone = onGone;
    this.#startedAt = services.host.now();
    this.#reporter = new StatusReporter({
      ...services,
      onStored: (stored) => {
        if (stored === undefined) this.remove();
      },
    });
    this.#groundwork = new Groundwork({ services, podDirectory: this.#directory, pod: () => this.#pod });
    const options = { services, pod: () => this.#pod, onChange: () => this.#pass() };
    this.#runners = podContainers(pod).map(
      ({ container, role }) => new ContainerRunner(container, this.#directory, { ...options, role }),
    );
    this.#pass();
  }

  get pod(): Pod {
    return this.#pod;
  }

  runner(container: string): ContainerRunner | undefined {
    return this.#runners.find(({ name }) => name === container);
  }

  /** The pod as the API server has it now. */
  update(pod: Pod): void {
    this.#pod = pod;
    for (const runner of this.#runners) runner.followSpec();
    this.#pass();
  }

  /** The pod is no longer in the API server: it was deleted by force. */
  remove(): void {
    this.#removed = true;
    this.#pass();
  }

  /** Ends all processes but leaves the pod in the API server, for an agent that comes later. */
  async stop(graceSeconds: number): Promise<void> {
    this.#stopping = { graceSeconds };
    this.#pass();
    await this.#stopped.promise;
  }

  #pass(): void {
    this.#passWanted = true;
    if (!this.#isPassing) void this.#passes();
  }

  async #passes(): Promise<void> {
    this.#isPassing = true;
    while (this.#passWanted) {
      this.#passWanted = false;
      // Lets what happens together be seen together.
      await Promise.resolve();
      try {
        await this.#onePass();
      } catch (error) {
        this.#services.log.warn(
          { pod: podName(this.#pod), error: (error as Error).message },
          'pod pass failed, will retry',
        );
        this.#wakeAt(this.#services.host.now() + this.#services.retryMilliseconds);
      }
    }
    // In the same breath as the check above, so that no wish is lost in between.
    this.#isPassing = false;
  }

  async #onePass(): Promise<void> {
    const plan = planPod(this.#facts());
    for (const action of plan.actions) {
      if (action.do !== 'finish') this.#apply(action);
    }
    if (plan.wakeAt !== undefined) this.#wakeAt(plan.wakeAt);
    const finishing = plan.actions.some((action) => action.do === 'finish');
    if (finishing) await this.#finishProcesses();
    if (!this.#removed) this.#report(finishing);
    if (finishing) await this.#settle();
  }

  #facts(): PodFacts {
    const { host, backOff } = this.#services;
    const ending = endingOf(this.#pod, { stopping: this.#stopping, removed: this.#removed });
    return {
      restartPolicy: this.#pod.spec.restartPolicy ?? 'Always',
      preparation: this.#groundwork.state,
      ...(ending === undefined ? {} : { ending }),
      containers: this.#runners.map((runner) => runner.facts()),
      now: host.now(),
      backOff,
    };
  }

  #apply(action: Exclude<PodAction, { do: 'finish' }>): void {
    this.#services.log.info({ pod: podName(this.#pod), ...action }, 'pod action');
    switch (action.do) {
      case 'prepare':
        void this.#groundwork.lay().then(() => this.#pass());
        return;
      case 'start':
        if (this.#groundwork.ground !== undefined)
          void this.runner(action.container)?.start(this.#groundwork.ground);
        return;
      case 'end':
        this.#services.events.normal(
          this.#pod,
          'Killing',
          `Stopping container ${action.container}: ${action.why}`,
        );
        this.runner(action.container)?.end(action.graceSeconds);
    }
  }

  /** Whatever still carries this pod's marker has outlived its container: it must not outlive the pod. */
  async #finishProcesses(): Promise<void> {
    if (this.#finished) return;
    const { host, agentId } = this.#services;
    const left = await killMembers(() => markedProcesses(`${agentId}:${this.uid}:`, host.table));
    if (left.length > 0)
      throw new Error(`processes ${left.map(({ pid }) => pid).join(', ')} cannot be killed`);
    this.#groundwork.freeze();
    this.#finished = true;
  }

  #report(finishing: boolean): void {
    const facts = this.#facts();
    const { podIP } = this.#groundwork.ground ?? {};
    const input = {
      pod: this.#pod,
      facts,
      hostIP: this.#services.hostIP,
      ...(podIP === undefined ? {} : { podIP }),
      startedAt: this.#startedAt,
      reported: this.#reporter.last,
    };
    const isLast =
      finishing && this.#stopping === undefined && this.#pod.metadata.deletionTimestamp !== undefined;
    this.#reporter.submit(this.#pod, isLast ? endedPodStatus(input) : podStatus(input));
  }

  /** Nothing runs any more. */
  async #settle(): Promise<void> {
    if (this.#stopping !== undefined) {
      await Promise.race([this.#reporter.settled(), delay(farewellMilliseconds, undefined, { ref: false })]);
      this.#stopped.resolve();
      return;
    }
    if (this.#removed) {
      await this.#clear();
      return;
    }
    if (this.#pod.metadata.deletionTimestamp === undefined) {
      this.#services.gpus.release(this.uid);
      return;
    }
    if (this.#confirmed) return;
    await this.#reporter.settled();
    await this.#services.api.confirmDeletion(this.#pod);
    this.#confirmed = true;
  }

  async #clear(): Promise<void> {
    clearTimeout(this.#wake);
    this.#reporter.close();
    this.#services.addresses.release(this.uid);
    this.#services.gpus.release(this.uid);
    await rm(this.#directory, { recursive: true, force: true });
    this.#onGone();
  }

  #wakeAt(at: number): void {
    clearTimeout(this.#wake);
    this.#wake = setTimeout(() => this.#pass(), Math.max(0, at - this.#services.host.now()) + 1);
  }

  get #directory(): string {
    return join(this.#services.podsDirectory, podDirectoryName(this.uid));
  }
}

export function podDirectoryName(uid: string): string {
  return uid.replaceAll('-', '').slice(0, directoryNameLength);
}
