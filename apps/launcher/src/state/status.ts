import type { CanaryKind } from '../engines/canary-requests.ts';
import type { Failure } from '../failure/failure.ts';
import type { Settings } from '../settings/settings.ts';
import type { Phase, State } from './machine.ts';

/** The document at `/status`. */
export interface LauncherStatus {
  readonly phase: Phase;
  /** When this phase began, RFC 3339. */
  readonly since: string;
  readonly model: string;
  readonly servedModels: readonly string[];
  readonly engine: string;
  readonly engineVersion: string | null;
  readonly adapters: readonly { readonly name: string; readonly strength: number }[];
  readonly revision: string | null;
  /** The last word of the runtime about its loading. */
  readonly progress?: string;
  /** What the model was asked for and answered before it became ready. */
  readonly answered?: readonly CanaryKind[];
  readonly warnings: readonly string[];
  readonly failure?: Failure;
  readonly runtimePid?: number;
  readonly requestsInFlight: number;
}

export interface StatusFacts {
  readonly settings: Settings;
  readonly engineVersion: string | undefined;
  readonly servedModels: readonly string[];
  readonly runtimePid: number | undefined;
  readonly requestsInFlight: number;
}

export function statusOf(state: State, facts: StatusFacts): LauncherStatus {
  const { settings } = facts;
  return {
    phase: state.phase,
    since: new Date(state.since).toISOString(),
    model: settings.modelName,
    servedModels: facts.servedModels,
    engine: settings.engine,
    engineVersion: facts.engineVersion ?? null,
    adapters: settings.adapters,
    revision: settings.revision ?? null,
    ...(state.progress === undefined ? {} : { progress: state.progress }),
    ...(state.answered === undefined ? {} : { answered: state.answered }),
    warnings: state.warnings,
    ...(state.failure === undefined ? {} : { failure: state.failure }),
    ...(facts.runtimePid === undefined ? {} : { runtimePid: facts.runtimePid }),
    requestsInFlight: facts.requestsInFlight,
  };
}
