import type { ModelRecord } from '@kaito-ts/preset-catalog';
import type { JsonValue, RuntimeChoice, ServingShape } from './input.ts';

type Arguments = Readonly<Record<string, JsonValue>>;
type ArgumentsOf = (model: ModelRecord, shape: ServingShape) => Arguments;

/** What each runtime is told about shape and model; a name that a runtime lacks is simply not there. */
const byEngine: Readonly<Record<RuntimeChoice['engine'], ArgumentsOf>> = {
  vllm: (model, shape) => ({
    'tensor-parallel-size': shape.tensorParallelSize,
    ...(shape.pipelineParallelSize > 1 && { 'pipeline-parallel-size': shape.pipelineParallelSize }),
    ...(shape.dataParallelSize > 1 && { 'data-parallel-size': shape.dataParallelSize }),
    ...(shape.expertParallel === true && { 'enable-expert-parallel': true }),
    // vLLM then takes the longest that its own measurement finds room for; our estimate is only an estimate.
    'max-model-len': 'auto',
    ...(model.dtype !== undefined && { dtype: model.dtype }),
    ...(model.toolCallParser !== undefined && {
      'tool-call-parser': model.toolCallParser,
      'enable-auto-tool-choice': true,
    }),
    ...(model.reasoningParser !== undefined && { 'reasoning-parser': model.reasoningParser }),
  }),
  transformers: (model) => (model.dtype === undefined ? {} : { dtype: model.dtype }),
  llamacpp: (_model, shape) => ({
    'ctx-size': Math.min(shape.maxModelLen ?? llamaContextTokens, llamaContextTokens),
  }),
};

/** llama.cpp allocates the whole context at the start, so the model's own limit would often not fit. */
const llamaContextTokens = 8192;

/** Flags of the runtime, without dashes; the model's own come last because they were tried with it. */
export function engineArguments(
  engine: RuntimeChoice['engine'],
  model: ModelRecord,
  shape: ServingShape,
): Arguments {
  return { ...byEngine[engine](model, shape), ...model.engineArguments?.[engine] };
}
