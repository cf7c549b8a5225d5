import type { Settings } from '../settings/settings.ts';
import { completion } from './canary-requests.ts';
import { chatRoutes, isLocalModel, type CommandInput, type Engine, type Serving } from './engine.ts';

/**
 * `transformers serve`. It knows its one model by path, cannot load a PEFT adapter, ends streams without `[DONE]` and
 * fails on `/v1/models` offline; the launcher makes up for all four.
 */
export const transformers: Engine = {
  name: 'transformers',
  programs: ['transformers'],
  endpoint: 'port',
  delivery: 'mergedModel',
  adapterRankFlag: undefined,
  flagStyle: 'joined',
  optionalFiles: [],
  healthPath: '/health',
  metricsPath: undefined,
  routes: [...chatRoutes, { method: 'POST', path: '/v1/audio/transcriptions', namesModel: true }],
  modelList: 'launcher',
  routeListPath: '/openapi.json',
  refusals: [],
  canaries: () => ({ requests: [completion], need: 'first' }),
  progress: [/Loading weights: .*/u, /Loading checkpoint shards: .*/u],
  command,
  environment,
  servedModels: ({ settings }) => [settings.modelName],
  runtimeModelName: (_served, serving) => pinnedModel(serving),
  answerRepairs: (serving) => ({ endStreams: true, modelEcho: echoOf(pinnedModel(serving)) }),
};

function pinnedModel({ settings, delivery }: Serving): string {
  const pinned = !isLocalModel(settings) && settings.modelRevision !== undefined;
  return pinned ? `${delivery.model}@${settings.modelRevision}` : delivery.model;
}

/** A model without a revision is echoed with the default branch. */
function echoOf(model: string): string {
  return model.includes('@') ? model : `${model}@main`;
}

function command(input: CommandInput): readonly string[] {
  const { endpoint, flags } = input;
  const listen = endpoint.kind === 'port' ? ['--host', endpoint.host, '--port', String(endpoint.port)] : [];
  return ['serve', pinnedModel(input), ...listen, ...[...flags.values()].flat()];
}

function environment(settings: Settings): Readonly<Record<string, string>> {
  return {
    PYTHONUNBUFFERED: '1',
    DO_NOT_TRACK: '1',
    HF_HUB_DISABLE_TELEMETRY: '1',
    ...(settings.weightsDirectory === undefined ? {} : { HF_HUB_CACHE: settings.weightsDirectory }),
    ...(isLocalModel(settings) ? { HF_HUB_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1' } : {}),
  };
}
