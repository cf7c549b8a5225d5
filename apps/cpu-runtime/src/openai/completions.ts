import { z } from 'zod';
import { ApiError } from './api-error.ts';
import { createJob, type Endpoint, type Job, type Serving, type StreamEvent, usageOf } from './endpoint.ts';
import { completionFields, onlyOne, parseBody, refusedField, toSampling, toStops } from './request-fields.ts';

const tokens = z.array(z.int().min(0)).min(1);

const Body = z.looseObject({
  ...completionFields,
  prompt: z.union([z.string(), z.array(z.string()).length(1), tokens, z.array(tokens).length(1)], {
    error: 'expected one prompt: text, or a list of tokens',
  }),
  best_of: onlyOne,
  echo: refusedField('echo'),
  suffix: refusedField('suffix'),
  logprobs: refusedField('logprobs'),
});

/** POST /v1/completions */
export const completions: Endpoint = {
  path: '/v1/completions',
  parse(body, serving) {
    const parsed = parseBody(Body, body);
    const maxTokens = parsed.max_tokens ?? serving.defaults.maxTokens;
    return createJob('cmpl-', {
      promptField: 'prompt',
      serving,
      stream: parsed.stream,
      includeUsage: parsed.stream_options?.include_usage,
      request: {
        tokens: toTokens(parsed.prompt, serving),
        sampling: toSampling(parsed, serving.defaults),
        stops: toStops(parsed.stop),
        ...(maxTokens === undefined ? {} : { maxTokens }),
      },
    });
  },
  whole: (job, text, finish) => ({ ...choice(job, text, finish.reason), usage: usageOf(finish) }),
  begin: () => [],
  delta: (job, text) => chunk(job, text, null),
  end: (job, { finish }) => [
    chunk(job, '', finish.reason),
    ...(job.includeUsage
      ? [{ data: { ...choice(job, '', null), choices: [], usage: usageOf(finish) } }]
      : []),
  ],
};

function toTokens(prompt: z.infer<typeof Body>['prompt'], { engine }: Serving): readonly number[] {
  const single = Array.isArray(prompt) && typeof prompt[0] !== 'number' ? prompt[0] : prompt;
  if (typeof single === 'string') return engine.tokenize(single);
  const list = single as readonly number[];
  const foreign = list.find((token) => token >= engine.vocabularyTokens);
  if (foreign === undefined) return list;
  throw new ApiError(`prompt: token ${foreign} is not in the vocabulary of ${engine.vocabularyTokens}`, {
    param: 'prompt',
    code: 'invalid_value',
  });
}

function chunk(job: Job, text: string, finishReason: string | null): StreamEvent {
  return { data: { ...choice(job, text, finishReason), ...(job.includeUsage ? { usage: null } : {}) } };
}

function choice(
  { id, createdSeconds, modelName }: Job,
  text: string,
  finishReason: string | null,
): Record<string, unknown> {
  const choices = [{ index: 0, text, logprobs: null, finish_reason: finishReason }];
  return { id, object: 'text_completion', created: createdSeconds, model: modelName, choices };
}
