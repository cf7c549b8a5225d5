import { randomUUID } from 'node:crypto';
import { containerCommand, type ContainerCommand } from '../containers/command.ts';
import { containerMounts, type PodGround } from '../containers/mounts.ts';
import { seedContainer } from '../containers/seed.ts';
import { ContainerLog, logFiles } from '../logs/container-log.ts';
import { afterRestart, type BackOff } from '../pod/back-off.ts';
import { ConfigurationError } from '../pod/configuration-error.ts';
import {
  podGraceSeconds,
  podContainers,
  podName,
  type ContainerExit,
  type ContainerFacts,
  type ContainerPhase,
  type ContainerRole,
} from '../pod/facts.ts';
import type { Container, Pod } from '../pod/pod.ts';
import {
  runCommand,
  startProcess,
  StartError,
  type CommandOutcome,
  type ContainerProcess,
} from '../process/container-process.ts';
import type { LogSource } from '../server/kubelet-server.ts';
import { ContainerChecks, type CheckedContainer, type CheckEvents } from './container-checks.ts';
import { ContainerFolder } from './container-folder.ts';
import { runPostStart, runPreStop } from './container-hooks.ts';
import { containerVariables } from './container-variables.ts';
import { ImagePull, ImagePullError } from './image-pull.ts';
import type { NodeServices } from './services.ts';

export interface RunnerOptions {
  readonly role: ContainerRole;
  readonly services: NodeServices;
  /** The pod as last seen. */
  readonly pod: () => Pod;
  /** Something changed that the pod's plan depends on. */
  readonly onChange: () => void;
}

/** One container of one pod: starts it, watches it, probes it, ends it. It decides nothing; the pod's plan does. */
export class ContainerRunner {
  readonly name: string;
  readonly role: ContainerRole;
  readonly #services: NodeServices;
  readonly #pod: () => Pod;
  readonly #onChange: () => void;
  readonly #folder: ContainerFolder;
  #phase: ContainerPhase;
  #runs: number;
  readonly #image: ImagePull;
  #lastExit: ContainerExit | undefined;
  #backOff: BackOff | undefined;
  #startedImage: string | undefined;
  #process: ContainerProcess | undefined;
  #command: ContainerCommand | undefined;
  #log: ContainerLog | undefined;
  readonly #checked: CheckedContainer;
  readonly #checks: ContainerChecks;

  constructor(container: Container, podDirectory: string, { role, services, pod, onChange }: RunnerOptions) {
    this.name = container.name;
    this.role = role;
    this.#services = services;
    this.#pod = pod;
    this.#onChange = onChange;
    this.#folder = new ContainerFolder(podDirectory, container.name);
    this.#checked = {
      container: () => this.#container(),
      podIP: () => this.#podIP(),
      exec: async (command, milliseconds) => this.#exec(command, milliseconds),
    };
    this.#checks = new ContainerChecks(this.#checked, this.#checkEvents());
    const policy = pod().spec.restartPolicy ?? 'Always';
    const seed = seedContainer(this.name, { pod: pod(), role, policy, now: services.host.now() });
    this.#phase = seed.phase;
    this.#runs = seed.runs;
    this.#image = new ImagePull(services.images, seed.imageId);
    this.#lastExit = seed.lastExit;
  }

  facts(): ContainerFacts {
    return {
      name: this.name,
      role: this.role,
      phase: this.#phase,
      restartCount: Math.max(0, this.#runs - 1),
      imageId: this.#image.imageId,
      ...(this.#lastExit === undefined ? {} : { lastExit: this.#lastExit }),
      ...(this.#backOff === undefined ? {} : { backOff: this.#backOff }),
    };
  }

  /** The log of the newest run (or the one before) and its writer while it runs; undefined when it never ran. */
  logSource(previous: boolean): LogSource | undefined {
    const run = previous ? this.#runs - 1 : this.#runs;
    const path = this.#folder.logPath(run);
    if (run < 1 || logFiles(path).length === 0) return undefined;
    return { path, live: this.#log?.path === path ? this.#log : undefined };
  }

  async start(ground: PodGround): Promise<void> {
    const { host, backOff } = this.#services;
    const isRestart = this.#phase.kind === 'exited';
    const runs = this.#runs;
    this.#phase = { kind: 'starting' };
    try {
      await this.#spawn(await this.#prepare(ground));
      if (isRestart) this.#backOff = afterRestart(this.#backOff, host.now(), backOff);
    } catch (error) {
      if (error instanceof StartError) {
        this.#runs = runs + 1;
        if (isRestart) this.#backOff = afterRestart(this.#backOff, host.now(), backOff);
        this.#cannotRun(error);
      } else {
        this.#cannotStart(error);
      }
    }
    this.#onChange();
  }

  /** Ends a run whose image is no longer the pod's. */
  followSpec(): void {
    if (this.#startedImage !== undefined && this.#startedImage !== this.#container().image) {
      this.#requestEnd(`Container ${this.name} definition changed, will be restarted`);
    }
  }

  /** Runs the preStop hook and ends the process; returns at once. Called again, it only shortens the time left. */
  end(graceSeconds: number): void {
    const phase = this.#phase;
    const process = this.#process;
    if (phase.kind !== 'running' || process === undefined) return;
    const milliseconds = graceSeconds * 1000;
    this.#phase = { ...phase, ending: true, endsAt: this.#services.host.now() + milliseconds, ready: false };
    if (phase.ending) process.end(milliseconds);
    else void this.#endAfterHook(process, milliseconds);
  }

  /** Asks the plan to end this run: the image changed, a probe gave up, or a hook failed. */
  #requestEnd(why: string, grace: number = podGraceSeconds(this.#pod())): void {
    if (this.#phase.kind !== 'running' || this.#phase.endRequested !== undefined) return;
    this.#phase = { ...this.#phase, endRequested: { why, graceSeconds: grace } };
    this.#onChange();
  }

  async #prepare(ground: PodGround): Promise<ContainerCommand> {
    const container = this.#container();
    const image = await this.#image.find(container);
    const environment = await containerVariables(container, this.#pod(), {
      ground,
      services: this.#services,
    });
    const { homeDirectory: scratchDirectory, messagePath } = this.#folder;
    this.#folder.prepare();
    const mounts = containerMounts(container, ground.volumes, messagePath);
    return containerCommand({ container, image, environment, mounts, scratchDirectory });
  }

  async #spawn(command: ContainerCommand): Promise<void> {
    const { host, events, logRotation } = this.#services;
    const containerId = randomUUID();
    this.#runs += 1;
    this.#folder.removeLog(this.#runs - 2);
    const log = new ContainerLog(this.#folder.logPath(this.#runs), { rotation: logRotation, now: host.now });
    this.#log = log;
    const identity = { containerId, pod: podName(this.#pod()), container: this.name, marker: this.#marker() };
    const started = await startProcess(command.main, identity, {
      host,
      onOutput: (stream, chunk) => log.append(stream, chunk),
    });
    this.#process = started;
    this.#startedImage = this.#container().image;
    this.#command = command;
    const { startupProbe, readinessProbe } = this.#container();
    this.#phase = {
      kind: 'running',
      containerId,
      startedAt: started.startedAt,
      started: startupProbe === undefined,
      ready: readinessProbe === undefined,
      ending: false,
    };
    events.normal(this.#pod(), 'Started', `Started container ${this.name}`);
    void started.exited.then(async (exit) =>
      this.#exited({ ...exit, containerId, startedAt: started.startedAt }, log),
    );
    void this.#postStart();
  }

  async #exited(
    exit: { exitCode: number; signal?: number; finishedAt: number; startedAt: number; containerId: string },
    log: ContainerLog,
  ): Promise<void> {
    this.#checks.stop();
    log.close();
    const message = await this.#folder.terminationMessage(this.#container(), exit.exitCode, log.path);
    const result: ContainerExit = {
      ...exit,
      reason: exit.exitCode === 0 ? 'Completed' : 'Error',
      ...(message === '' ? {} : { message }),
    };
    this.#process = undefined;
    this.#startedImage = undefined;
    this.#phase = { kind: 'exited', exit: result };
    this.#lastExit = result;
    this.#services.log.info(
      { pod: podName(this.#pod()), container: this.name, exitCode: exit.exitCode },
      'container ended',
    );
    this.#onChange();
  }

  #cannotRun(error: StartError): void {
    const now = this.#services.host.now();
    this.#log?.close();
    const exit: ContainerExit = {
      exitCode: error.exitCode,
      reason: 'StartError',
      message: error.message,
      startedAt: now,
      finishedAt: now,
      containerId: '',
    };
    this.#phase = { kind: 'exited', exit };
    this.#lastExit = exit;
    this.#services.events.warning(this.#pod(), 'Failed', `Error: ${error.message}`);
  }

  #cannotStart(error: unknown): void {
    const { events, log, host, retryMilliseconds } = this.#services;
    const isReason = error instanceof ImagePullError || error instanceof ConfigurationError;
    const reason = isReason ? error.reason : 'CreateContainerError';
    const message = (error as Error).message;
    log.warn(
      { pod: podName(this.#pod()), container: this.name, reason, error: message },
      'container cannot start',
    );
    events.warning(this.#pod(), reason === 'ImagePullBackOff' ? 'BackOff' : 'Failed', message);
    this.#phase = { kind: 'blocked', reason, message, retryAt: host.now() + retryMilliseconds };
  }

  async #postStart(): Promise<void> {
    const failure = await runPostStart(this.#checked, podGraceSeconds(this.#pod()) * 1000);
    if (failure !== undefined) {
      this.#services.events.warning(this.#pod(), 'FailedPostStartHook', failure);
      this.#requestEnd(`postStart hook failed: ${failure}`);
    } else if (this.#phase.kind === 'running') this.#checks.start();
  }

  async #endAfterHook(process: ContainerProcess, milliseconds: number): Promise<void> {
    const { failure, leftMilliseconds } = await runPreStop(this.#checked, milliseconds);
    if (failure !== undefined) this.#services.events.warning(this.#pod(), 'FailedPreStopHook', failure);
    process.end(leftMilliseconds);
  }

  #checkEvents(): CheckEvents {
    const { events } = this.#services;
    return {
      onStarted: () => this.#setRunning({ started: true }),
      onReady: (ready) => this.#setRunning({ ready }),
      onFailure: (kind, message) => {
        const name = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
        events.warning(this.#pod(), 'Unhealthy', `${name} probe failed: ${message}`);
      },
      onGaveUp: (kind, message, graceSeconds) => {
        this.#requestEnd(
          `Container ${this.name} failed ${kind} probe, will be restarted: ${message}`,
          graceSeconds,
        );
      },
    };
  }

  #setRunning(change: { readonly ready?: boolean; readonly started?: boolean }): void {
    if (this.#phase.kind !== 'running' || this.#phase.ending) return;
    this.#phase = { ...this.#phase, ...change };
    this.#onChange();
  }

  async #exec(command: readonly string[], timeoutMilliseconds: number): Promise<CommandOutcome> {
    if (this.#command === undefined) throw new StartError('the container is not running');
    return runCommand(this.#command.beside(command), { marker: this.#marker(), timeoutMilliseconds });
  }

  #container(): Container {
    const found = podContainers(this.#pod()).find(({ container }) => container.name === this.name);
    if (found === undefined) throw new Error(`pod ${podName(this.#pod())} has no container ${this.name}`);
    return found.container;
  }

  #podIP(): string {
    return this.#services.addresses.assign(this.#pod().metadata.uid ?? '');
  }

  #marker(): string {
    return `${this.#services.agentId}:${this.#pod().metadata.uid ?? ''}:${this.name}:${this.#runs}`;
  }
}
