import { join } from 'node:path';
import type { Settings } from '../settings/settings.ts';
import { classify, completion, embeddings, pooling, score, transcription } from './canary-requests.ts';
import {
  chatRoutes,
  isLocalModel,
  type CommandInput,
  type Endpoint,
  type Engine,
  type Route,
} from './engine.ts';

const rankFlag = 'max-lora-rank';

export const vllm: Engine = {
  name: 'vllm',
  programs: ['vllm'],
  endpoint: 'socket',
  delivery: 'peftModules',
  adapterRankFlag: rankFlag,
  flagStyle: 'joined',
  optionalFiles: ['chat-template'],
  healthPath: '/health',
  metricsPath: '/metrics',
  routes: [
    ...chatRoutes,
    { method: 'POST', path: '/v1/chat/completions/batch', namesModel: true },
    { method: 'POST', path: '/v1/chat/completions/render', namesModel: true },
    { method: 'POST', path: '/v1/completions/render', namesModel: true },
    { method: 'GET', path: '/v1/responses/*', namesModel: false },
    { method: 'POST', path: '/v1/responses/*/cancel', namesModel: false },
    ...modelRoutes(
      '/v1/embeddings',
      '/v1/audio/transcriptions',
      '/v1/audio/translations',
      '/v1/messages',
      '/v1/messages/count_tokens',
      '/tokenize',
      '/detokenize',
      '/pooling',
      '/classify',
      '/score',
      '/v1/score',
      '/rerank',
      '/v1/rerank',
      '/v2/rerank',
      '/v2/embed',
      '/invocations',
    ),
    { method: 'GET', path: '/ping', namesModel: false },
    { method: 'GET', path: '/load', namesModel: false },
    { method: 'GET', path: '/version', namesModel: false },
  ],
  modelList: 'runtime',
  routeListPath: '/openapi.json',
  // Older releases have every route and refuse by words; newer ones lack the routes that the model cannot serve.
  refusals: [
    { statuses: [400, 404, 501], pattern: /The model does not support [\w() ]+ API/u },
    { statuses: [404], pattern: /"(?:detail|message)":\s*"Not Found"/u },
  ],
  canaries: () => ({
    requests: [completion, embeddings, score, classify, pooling, transcription],
    need: 'first',
  }),
  progress: [
    /Starting to load model .*/u,
    /Loading safetensors checkpoint shards: .*/u,
    /Loading weights took .*/u,
    /Model loading took .*/u,
    /torch\.compile took .*/u,
    /Available KV cache memory: .*/u,
    /GPU KV cache size: .*/u,
    /CPU KV cache size: .*/u,
    /Capturing CUDA graphs.*/u,
    /Graph capturing finished.*/u,
    /init engine .* took .*/u,
  ],
  command,
  environment,
  servedModels: ({ settings, delivery }) =>
    delivery.kind === 'peftModules'
      ? [settings.modelName, ...delivery.modules.slice(1).map(({ name }) => name), baseName(settings)]
      : [settings.modelName],
  runtimeModelName: (served) => served,
  answerRepairs: () => undefined,
};

/** vLLM refuses an adapter under the name of the base, so the base steps aside when adapters speak for the model. */
function baseName(settings: Settings): string {
  return `${settings.modelName}-base`;
}

function command(input: CommandInput): readonly string[] {
  const { settings, delivery } = input;
  const written = new Set(delivery.kind === 'peftModules' ? ['enable-lora', rankFlag] : []);
  const flags = [...input.flags].filter(([name]) => !written.has(name));
  const servedName = delivery.kind === 'peftModules' ? baseName(settings) : settings.modelName;
  return [
    'serve',
    delivery.model,
    ...endpointFlags(input.endpoint),
    `--served-model-name=${servedName}`,
    ...downloadFlags(settings),
    ...flags.flatMap(([, words]) => words),
    ...adapterFlags(input),
    ...quietProbes(input),
  ];
}

function endpointFlags(endpoint: Endpoint): readonly string[] {
  if (endpoint.kind === 'socket') return [`--uds=${endpoint.path}`];
  return [`--host=${endpoint.host}`, `--port=${endpoint.port}`];
}

function downloadFlags(settings: Settings): readonly string[] {
  if (isLocalModel(settings)) return [];
  return [
    ...(settings.modelRevision === undefined ? [] : [`--revision=${settings.modelRevision}`]),
    ...(settings.weightsDirectory === undefined ? [] : [`--download-dir=${settings.weightsDirectory}`]),
  ];
}

/** The JSON form of a module survives commas and equals signs in paths. */
function adapterFlags({ delivery }: CommandInput): readonly string[] {
  if (delivery.kind !== 'peftModules') return [];
  return [
    '--enable-lora',
    `--${rankFlag}=${delivery.rank}`,
    '--lora-modules',
    ...delivery.modules.map(({ name, path }) => JSON.stringify({ name, path })),
  ];
}

function quietProbes({ flags, knownFlags }: CommandInput): readonly string[] {
  const flag = 'disable-access-log-for-endpoints';
  return knownFlags.has(flag) && !flags.has(flag) ? [`--${flag}=/health,/metrics`] : [];
}

function environment(settings: Settings): Readonly<Record<string, string>> {
  return {
    PYTHONUNBUFFERED: '1',
    VLLM_NO_USAGE_STATS: '1',
    DO_NOT_TRACK: '1',
    HF_HUB_DISABLE_TELEMETRY: '1',
    // The startup probe decides how long loading may take, not a constant of 600 s.
    VLLM_ENGINE_READY_TIMEOUT_S: '14400',
    VLLM_CACHE_ROOT: join(settings.workDirectory, 'vllm-cache'),
    ...(isLocalModel(settings) ? { HF_HUB_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1' } : {}),
  };
}

function modelRoutes(...paths: readonly string[]): readonly Route[] {
  return paths.map((path) => ({ method: 'POST', path, namesModel: true }));
}
