import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { engineOf } from './engines/index.ts';
import { isLocalModel, type Delivery, type Endpoint, type Serving } from './engines/engine.ts';
import { classifyRuntimeEnd } from './failure/classify.ts';
import { failureClasses, failureOf, LauncherError, type Failure } from './failure/failure.ts';
import { writeTerminationLog } from './failure/termination-log.ts';
import { createGateway } from './http/gateway.ts';
import { runtimeClient, type RuntimeClient } from './http/runtime-client.ts';
import type { Log } from './log.ts';
import type { Preparation, PreparationHooks } from './prepare/preparation.ts';
import { sendCanaries } from './runtime/canary.ts';
import { createEndpoint, removeEndpoint } from './runtime/endpoint.ts';
import { runtimeEnvironment, type Environment } from './runtime/environment.ts';
import { waitUntilHealthy, watchHealth } from './runtime/health.ts';
import { findProgram } from './runtime/programs.ts';
import { startRuntime, type RuntimeProcess } from './runtime/runtime-process.ts';
import type { Settings } from './settings/settings.ts';
import { initialTransition, transition, type Effect, type Event, type State } from './state/machine.ts';
import { statusOf } from './state/status.ts';
import { stopBudget } from './state/stop-budget.ts';

/** The world around one launcher; `main.ts` passes the real one. */
export interface LauncherSurroundings {
  readonly environment: Environment;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly log: Log;
  readonly prepare: (
    settings: Settings,
    hooks: PreparationHooks & { signal: AbortSignal },
  ) => Promise<Preparation>;
  readonly now: () => number;
}

export interface Launcher {
  /** Where it listens, once it does. */
  readonly address: Promise<AddressInfo>;
  /** The exit code, when everything that was started is gone. */
  readonly ended: Promise<number>;
  /** What SIGTERM means; asking twice ends patience. */
  terminate(): void;
}

interface Runtime {
  readonly process: RuntimeProcess;
  readonly endpoint: Endpoint;
  readonly client: RuntimeClient;
}

const lastWordsMilliseconds = 1000;
/** Far beyond what a busy runtime takes: whoever waits for it meanwhile waits for nothing. */
const silenceMilliseconds = 80_000;

/** Runs the state machine: effects of a transition are carried out here, and what comes of them is the next event. */
export function startLauncher(settings: Settings, surroundings: LauncherSurroundings): Launcher {
  const { log, now } = surroundings;
  const engine = engineOf(settings.engine);
  const budget = stopBudget(settings);
  const canaryToken = randomUUID();
  const lifetime = new AbortController();
  const ended = Promise.withResolvers<number>();
  const address = Promise.withResolvers<AddressInfo>();
  let state: State;
  let preparation: Preparation | undefined;
  let runtime: Runtime | undefined;
  let healthy = true;
  let admitsWhileDraining = false;

  const gateway = createGateway({
    engine,
    canaryToken,
    phase: () => state.phase,
    started: () => state.started,
    healthy: () => healthy,
    admitsWhileDraining: () => admitsWhileDraining,
    upstream: () => (runtime === undefined ? undefined : { client: runtime.client, serving: serving() }),
    status: () =>
      statusOf(state, {
        settings,
        engineVersion: preparation?.engineVersion ?? settings.engineVersion,
        servedModels: engine.servedModels(serving()),
        runtimePid: runtime?.process.pid,
        requestsInFlight: gateway.inFlight(),
      }),
  });

  const first = initialTransition(now());
  state = first.state;
  gateway.observePhase(state.phase);
  void begin(first.effects);
  return {
    address: address.promise,
    ended: ended.promise,
    terminate: () => dispatch({ type: 'terminationRequested' }),
  };

  async function begin(effects: readonly Effect[]): Promise<void> {
    try {
      address.resolve(await gateway.listen(settings.listenAddress, settings.port));
    } catch (error) {
      address.reject(error);
      address.promise.catch(() => {});
      dispatch({ type: 'failed', failure: failureOf(error) });
      return;
    }
    for (const effect of effects) carryOut(effect);
  }

  function dispatch(event: Event): void {
    const before = state.phase;
    const next = transition(state, event, now());
    state = next.state;
    if (state.phase !== before) {
      gateway.observePhase(state.phase);
      log('phase', { from: before, to: state.phase });
    }
    for (const effect of next.effects) carryOut(effect);
  }

  function carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'prepare':
        return run(prepareAll);
      case 'cancelPreparation':
        return lifetime.abort();
      case 'spawnRuntime':
        return run(spawnRuntime);
      case 'sendCanary':
        return run(passCanary);
      case 'watchHealth':
        return run(keepWatch);
      case 'drain':
        return run(drain);
      case 'stopRuntime':
        return run(async () => runtime?.process.stop(effect.atOnce ? 0 : budget.stopMilliseconds));
      case 'reportFailure':
        return reportFailure(effect.failure);
      case 'exit':
        return run(async () => end(effect.code));
    }
  }

  /** What an effect throws is the launcher's failure, whichever effect it was. */
  function run(effect: () => Promise<void>): void {
    effect().catch((error: unknown) => {
      if (!lifetime.signal.aborted) dispatch({ type: 'failed', failure: failureOf(error) });
    });
  }

  async function prepareAll(): Promise<void> {
    mkdirSync(settings.workDirectory, { recursive: true });
    preparation = await surroundings.prepare(settings, {
      onConfigRead: () => dispatch({ type: 'configRead' }),
      signal: lifetime.signal,
    });
    for (const warning of preparation.warnings) log('warning', { warning });
    dispatch({ type: 'prepared', warnings: preparation.warnings });
  }

  async function spawnRuntime(): Promise<void> {
    if (preparation === undefined) return;
    const environment = runtimeEnvironment(surroundings.environment, engine.environment(settings));
    const program = findProgram(engine.programs, environment['PATH'] ?? '');
    const endpoint = await createEndpoint(engine, settings.workDirectory);
    if (state.phase !== 'starting') return;
    const argv = engine.command({
      settings,
      delivery: preparation.delivery,
      endpoint,
      flags: new Map(preparation.flags),
      knownFlags: new Set(preparation.knownFlags),
      cpuCount: availableParallelism(),
    });
    log('starting the runtime', { program, argv });
    const child = startRuntime({
      program,
      argv,
      environment,
      workDirectory: settings.workDirectory,
      stdout: surroundings.stdout,
      stderr: surroundings.stderr,
      onLine: noteProgress,
    });
    runtime = { process: child, endpoint, client: runtimeClient(endpoint) };
    dispatch({ type: 'runtimeSpawned' });
    void child.ended.then((how) => dispatch({ type: 'runtimeEnded', failure: classifyRuntimeEnd(how) }));
    const check = { client: runtime.client, path: engine.healthPath, signal: lifetime.signal };
    if (await waitUntilHealthy(check)) dispatch({ type: 'runtimeHealthy' });
  }

  function noteProgress(line: string): void {
    if (state.phase !== 'starting' && state.phase !== 'loading') return;
    const detail = engine.progress
      .map((pattern) => pattern.exec(line)?.[0])
      .find((found) => found !== undefined);
    if (detail !== undefined) dispatch({ type: 'runtimeProgressed', detail: detail.trim() });
  }

  async function passCanary(): Promise<void> {
    if (runtime === undefined) return;
    const answered = await sendCanaries({
      engine,
      plan: engine.canaries(new Map(preparation?.flags)),
      address: await address.promise,
      token: canaryToken,
      runtime: runtime.client,
      log,
      signal: lifetime.signal,
    });
    if (answered !== undefined) dispatch({ type: 'canaryPassed', answered });
  }

  async function keepWatch(): Promise<void> {
    if (runtime === undefined) return;
    const hung = await watchHealth({
      client: runtime.client,
      path: engine.healthPath,
      signal: lifetime.signal,
      patienceMilliseconds: silenceMilliseconds,
      monotonic: () => performance.now(),
      onChange: (isHealthy) => {
        healthy = isHealthy;
        log(
          isHealthy
            ? 'the runtime answers its health checks again'
            : 'the runtime does not answer its health checks',
        );
      },
    });
    if (!hung) return;
    throw new LauncherError(
      failureClasses.runtimeHung,
      `the runtime runs but does not answer its health checks for more than ${silenceMilliseconds / 1000} seconds`,
      { hint: 'it is ended and started again; if that repeats, look at its last lines and at the GPU' },
    );
  }

  async function drain(): Promise<void> {
    admitsWhileDraining = true;
    await sleep(budget.admitMilliseconds);
    admitsWhileDraining = false;
    await gateway.idle(AbortSignal.timeout(budget.drainMilliseconds));
    dispatch({ type: 'drained' });
  }

  function reportFailure(failure: Failure): void {
    log('failed', { class: failure.class, error: failure.message, hint: failure.hint });
    if (settings.terminationLog === undefined) return;
    const problem = writeTerminationLog(settings.terminationLog, failure);
    if (problem !== undefined) log('cannot write the termination log', { error: problem.message });
  }

  async function end(code: number): Promise<void> {
    lifetime.abort();
    // Clients of a broken answer are told so before their connections close.
    await gateway.idle(AbortSignal.timeout(lastWordsMilliseconds));
    gateway.close();
    if (runtime !== undefined) await removeEndpoint(runtime.endpoint);
    ended.resolve(code);
  }

  /** Before the adapters are laid ready, what is known is what was asked for. */
  function serving(): Serving {
    return { settings, delivery: preparation?.delivery ?? unprepared(settings) };
  }
}

function unprepared(settings: Settings): Delivery {
  return { kind: 'plain', model: isLocalModel(settings) ? settings.model : settings.modelName };
}
