import type { Settings } from '../settings/settings.ts';
import type { CanaryPlan, Refusal } from './canary-requests.ts';

export type EngineName = 'vllm' | 'transformers' | 'llamacpp';

/** How a runtime takes adapters; `prepare` has one procedure for each. */
export type AdapterDelivery = 'peftModules' | 'mergedModel' | 'ggufAdapter';

/** Where the runtime listens; nobody outside the pod can reach either. */
export type Endpoint =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'port'; readonly host: string; readonly port: number };

/** What `prepare` leaves on disk for the runtime to load. */
export type Delivery =
  | { readonly kind: 'plain'; readonly model: string }
  | {
      readonly kind: 'peftModules';
      readonly model: string;
      /** The fused adapter first, then each adapter alone. */
      readonly modules: readonly { readonly name: string; readonly path: string }[];
      /** Of the largest, or of the slot that holds it. */
      readonly rank: number;
    }
  | { readonly kind: 'ggufAdapter'; readonly model: string; readonly file: string };

export type FlagStyle = 'joined' | 'separate';

export interface Route {
  readonly method: 'GET' | 'POST';
  /** Exact path; `*` stands for one path segment. */
  readonly path: string;
  /** Whether a JSON body names a model, which the proxy then fills and maps. */
  readonly namesModel: boolean;
}

/** What a runtime's answers lack of the OpenAI protocol, mended on the way out. */
export interface AnswerRepairs {
  /** The stream ends without `data: [DONE]`. */
  readonly endStreams: boolean;
  /** Answers carry this text in place of the served model name. */
  readonly modelEcho: string;
}

/** What was asked for, and what was made of its adapters. */
export interface Serving {
  readonly settings: Settings;
  readonly delivery: Delivery;
}

export interface CommandInput extends Serving {
  readonly endpoint: Endpoint;
  /** Flags from the operator and inference_config.yaml, rendered, by canonical name. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  /** Flags that this engine version knows. */
  readonly knownFlags: ReadonlySet<string>;
  readonly cpuCount: number;
}

/** Rendered flags, by canonical name. */
type Flags = CommandInput['flags'];

/**
 * One runtime, as data and pure functions: shared code asks for properties and never for the name.
 * To add a runtime, add a file here and a row in `index.ts`.
 */
export interface Engine {
  readonly name: EngineName;
  /** Programs that can run it; the first one on PATH is taken. */
  readonly programs: readonly string[];
  readonly endpoint: Endpoint['kind'];
  readonly delivery: AdapterDelivery;
  /** Flag for the rank of the slots that adapters are loaded into; its choices are the sizes that exist. */
  readonly adapterRankFlag: string | undefined;
  /** Whether a value stands in the word of its flag (`--a=b`) or in the next one; some parsers know only one way. */
  readonly flagStyle: FlagStyle;
  /** Flags that may name a file of KAITO's own image; where it does not exist the model's own default holds. */
  readonly optionalFiles: readonly string[];
  readonly healthPath: string;
  readonly metricsPath: string | undefined;
  readonly routes: readonly Route[];
  /** Who answers `/v1/models` and refuses unknown models once the runtime serves. */
  readonly modelList: 'runtime' | 'launcher';
  /** Where the runtime tells its routes as an OpenAPI document; undefined: it does not tell. */
  readonly routeListPath: string | undefined;
  readonly refusals: readonly Refusal[];
  canaries(flags: Flags): CanaryPlan;
  /** What the log tells about the progress of loading. */
  readonly progress: readonly RegExp[];
  command(input: CommandInput): readonly string[];
  environment(settings: Settings): Readonly<Record<string, string>>;
  /** Names that clients can use, the default one first. */
  servedModels(serving: Serving): readonly string[];
  /** A served name as the runtime wants it. */
  runtimeModelName(served: string, serving: Serving): string;
  answerRepairs(serving: Serving): AnswerRepairs | undefined;
}

export function isLocalModel(settings: Settings): boolean {
  return settings.model.startsWith('/');
}

export const chatRoutes: readonly Route[] = [
  { method: 'POST', path: '/v1/chat/completions', namesModel: true },
  { method: 'POST', path: '/v1/completions', namesModel: true },
  { method: 'POST', path: '/v1/responses', namesModel: true },
];
