import { completion, embeddings, rerank, type CanaryPlan, type CanaryRequest } from './canary-requests.ts';
import { chatRoutes, type CommandInput, type Engine } from './engine.ts';

/** llama.cpp's `llama-server`, or our own CPU runtime, which takes the same flags. Both ignore the requested model name. */
export const llamacpp: Engine = {
  name: 'llamacpp',
  programs: ['llama-server', 'kaito-cpu-runtime'],
  endpoint: 'port',
  delivery: 'ggufAdapter',
  adapterRankFlag: undefined,
  flagStyle: 'separate',
  optionalFiles: ['chat-template-file'],
  healthPath: '/health',
  metricsPath: '/metrics',
  routes: [
    ...chatRoutes,
    { method: 'POST', path: '/v1/embeddings', namesModel: true },
    { method: 'POST', path: '/embeddings', namesModel: true },
    { method: 'POST', path: '/v1/rerank', namesModel: true },
    { method: 'POST', path: '/rerank', namesModel: true },
    { method: 'POST', path: '/tokenize', namesModel: false },
    { method: 'POST', path: '/detokenize', namesModel: false },
  ],
  modelList: 'launcher',
  routeListPath: undefined,
  refusals: [
    { statuses: [501], pattern: /This server does not support/u },
    { statuses: [500], pattern: /does not support logits computation/u },
    { statuses: [400], pattern: /Pooling type 'none' is not OAI compatible/u },
    { statuses: [404], pattern: /File Not Found/u },
  ],
  canaries,
  progress: [/llama_model_loader: loaded .*/u, /load_tensors: .*/u, /llama_context: .*/u],
  command,
  environment: () => ({}),
  servedModels: ({ settings }) => [settings.modelName],
  runtimeModelName: (served) => served,
  answerRepairs: () => undefined,
};

/** Without pooling there is a vector for each token, which the OpenAI protocol has no form for. */
const tokenEmbeddings: CanaryRequest = {
  ...embeddings,
  path: '/embeddings',
  holdsResult: (answer) => embeddings.holdsResult({ data: answer }),
};

/** Told to embed or to rank, llama.cpp still generates with a model that can. */
function canaries(flags: CommandInput['flags']): CanaryPlan {
  const isOn = (name: string): boolean => (flags.get(name)?.length ?? 0) > 0;
  if (isOn('rerank')) return { requests: [completion, rerank], need: 'every' };
  if (isOn('embedding')) return { requests: [completion, embeddings, tokenEmbeddings], need: 'every' };
  return { requests: [completion, embeddings], need: 'first' };
}

function command({
  settings,
  delivery,
  endpoint,
  flags,
  knownFlags,
  cpuCount,
}: CommandInput): readonly string[] {
  const listen = endpoint.kind === 'port' ? ['--host', endpoint.host, '--port', String(endpoint.port)] : [];
  return [
    '--model',
    delivery.model,
    '--alias',
    settings.modelName,
    ...listen,
    // Some builds choose far too many threads in a container with a CPU quota.
    ...(flags.has('threads') ? [] : ['--threads', String(cpuCount)]),
    // Without it there is nothing at metricsPath.
    ...(flags.has('metrics') || !knownFlags.has('metrics') ? [] : ['--metrics']),
    ...[...flags.values()].flat(),
    ...(delivery.kind === 'ggufAdapter' ? ['--lora-scaled', `${delivery.file}:1`] : []),
  ];
}
