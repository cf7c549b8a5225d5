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
    { method: 'POST', path: '/tokenize', namesModel: false },
    { method: 'POST', path: '/detokenize', namesModel: false },
  ],
  modelList: 'launcher',
  progress: [/llama_model_loader: loaded .*/u, /load_tensors: .*/u, /llama_context: .*/u],
  command,
  environment: () => ({}),
  servedModels: ({ settings }) => [settings.modelName],
  runtimeModelName: (served) => served,
  answerRepairs: () => undefined,
};

function command({ settings, delivery, endpoint, flags, cpuCount }: CommandInput): readonly string[] {
  const listen = endpoint.kind === 'port' ? ['--host', endpoint.host, '--port', String(endpoint.port)] : [];
  return [
    '--model',
    delivery.model,
    '--alias',
    settings.modelName,
    ...listen,
    // Some builds choose far too many threads in a container with a CPU quota.
    ...(flags.has('threads') ? [] : ['--threads', String(cpuCount)]),
    ...[...flags.values()].flat(),
    ...(delivery.kind === 'ggufAdapter' ? ['--lora-scaled', `${delivery.file}:1`] : []),
  ];
}
