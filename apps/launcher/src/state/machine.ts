import type { CanaryKind } from '../engines/canary-requests.ts';
import { failureClasses, type Failure } from '../failure/failure.ts';

/**
 * The life of one launcher as a pure function: what is known, what happened → what is known now and what to do about it.
 *
 *   config → adapters → starting → loading → canary → ready → draining
 *
 * and from anywhere to `failed`. The launcher serves one life of the runtime: when that ends, the launcher ends, and the
 * kubelet's back-off decides when the next one begins.
 */
export type Phase =
  | 'config'
  | 'adapters'
  | 'starting'
  | 'loading'
  | 'canary'
  | 'ready'
  | 'draining'
  | 'failed';

export interface State {
  readonly phase: Phase;
  /** Epoch milliseconds of the last change of phase. */
  readonly since: number;
  readonly runtimeRunning: boolean;
  /** True once the phase `ready` was reached; never withdrawn. */
  readonly started: boolean;
  /** What the model answered before it became ready. */
  readonly answered?: readonly CanaryKind[];
  readonly warnings: readonly string[];
  readonly progress?: string;
  readonly failure?: Failure;
}

export type Event =
  | { readonly type: 'configRead' }
  | { readonly type: 'prepared'; readonly warnings: readonly string[] }
  | { readonly type: 'runtimeSpawned' }
  | { readonly type: 'runtimeProgressed'; readonly detail: string }
  | { readonly type: 'runtimeHealthy' }
  | { readonly type: 'canaryPassed'; readonly answered: readonly CanaryKind[] }
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'runtimeEnded'; readonly failure: Failure }
  | { readonly type: 'terminationRequested' }
  | { readonly type: 'drained' };

export type Effect =
  | { readonly type: 'prepare' }
  | { readonly type: 'cancelPreparation' }
  | { readonly type: 'spawnRuntime' }
  | { readonly type: 'sendCanary' }
  | { readonly type: 'watchHealth' }
  | { readonly type: 'drain' }
  | { readonly type: 'stopRuntime'; readonly atOnce: boolean }
  | { readonly type: 'reportFailure'; readonly failure: Failure }
  | { readonly type: 'exit'; readonly code: number };

export interface Transition {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export function initialTransition(now: number): Transition {
  const state: State = { phase: 'config', since: now, runtimeRunning: false, started: false, warnings: [] };
  return { state, effects: [{ type: 'prepare' }] };
}

/** Events that come too late for the phase are without effect, so that callers need not guard against races. */
export function transition(state: State, event: Event, now: number): Transition {
  switch (event.type) {
    case 'configRead':
      return state.phase === 'config' ? enter(state, 'adapters', now) : stay(state);
    case 'prepared':
      if (state.phase !== 'config' && state.phase !== 'adapters') return stay(state);
      return enter({ ...state, warnings: [...state.warnings, ...event.warnings] }, 'starting', now, [
        { type: 'spawnRuntime' },
      ]);
    case 'runtimeSpawned':
      return stay({ ...state, runtimeRunning: true });
    case 'runtimeProgressed':
      return progressed(state, event.detail, now);
    case 'runtimeHealthy':
      if (state.phase !== 'starting' && state.phase !== 'loading') return stay(state);
      return enter(state, 'canary', now, [{ type: 'sendCanary' }]);
    case 'canaryPassed':
      if (state.phase !== 'canary') return stay(state);
      return enter({ ...state, started: true, answered: event.answered }, 'ready', now, [
        { type: 'watchHealth' },
      ]);
    case 'failed':
      return failed(state, event.failure, now);
    case 'runtimeEnded':
      return runtimeEnded({ ...state, runtimeRunning: false }, event.failure, now);
    case 'terminationRequested':
      return terminationRequested(state, now);
    case 'drained':
      break;
  }
  return state.phase === 'draining' ? stay(state, [{ type: 'stopRuntime', atOnce: false }]) : stay(state);
}

function progressed(state: State, detail: string, now: number): Transition {
  if (state.phase === 'starting') return enter({ ...state, progress: detail }, 'loading', now);
  return state.phase === 'loading' ? stay({ ...state, progress: detail }) : stay(state);
}

function failed(state: State, failure: Failure, now: number): Transition {
  if (state.phase === 'failed' || state.phase === 'draining') return stay(state);
  const next: Effect = state.runtimeRunning
    ? { type: 'stopRuntime', atOnce: true }
    : { type: 'exit', code: 1 };
  return enter({ ...state, failure }, 'failed', now, [{ type: 'reportFailure', failure }, next]);
}

function runtimeEnded(state: State, failure: Failure, now: number): Transition {
  if (state.phase === 'draining') return stay(state, [{ type: 'exit', code: 0 }]);
  if (state.phase === 'failed') return stay(state, [{ type: 'exit', code: 1 }]);
  return failed(state, failure, now);
}

/** 1: nothing runs yet. 2: not serving yet, nobody waits for an answer. 3: serving. 4: asked again, so no more patience. */
function terminationRequested(state: State, now: number): Transition {
  if (state.phase === 'failed') return stay(state);
  if (state.phase === 'draining') return stay(state, [{ type: 'stopRuntime', atOnce: true }]);
  if (!state.runtimeRunning) {
    return enter(state, 'draining', now, [{ type: 'cancelPreparation' }, { type: 'exit', code: 0 }]);
  }
  if (state.phase === 'ready') return enter(state, 'draining', now, [{ type: 'drain' }]);
  return enter(state, 'draining', now, [
    { type: 'reportFailure', failure: endedTooEarly(state, now) },
    { type: 'stopRuntime', atOnce: false },
  ]);
}

/** Of a pod that is deleted nobody reads it; but a startup probe that gives up ends the container just so, and says nothing. */
function endedTooEarly({ phase, since, progress }: State, now: number): Failure {
  const at = progress === undefined ? '' : `, at: ${progress}`;
  return {
    class: failureClasses.startTimeout,
    message: `was told to end before the model answered, ${Math.round((now - since) / 1000)} s into phase ${phase}${at}`,
    hint: 'if nobody deleted the pod, its startup probe gave up: use faster storage for the weights or a smaller model',
    lastLines: [],
  };
}

function enter(state: State, phase: Phase, now: number, effects: readonly Effect[] = []): Transition {
  const { progress, ...rest } = state;
  const kept = phase === 'loading' && progress !== undefined ? { progress } : {};
  return { state: { ...rest, ...kept, phase, since: now }, effects };
}

function stay(state: State, effects: readonly Effect[] = []): Transition {
  return { state, effects };
}
