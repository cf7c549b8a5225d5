import { z } from 'zod';
import { createJob, type Endpoint, type Job, type StreamEvent, usageOf } from './endpoint.ts';
import { Messages } from './messages.ts';
import {
  completionFields,
  parseBody,
  refusedField,
  toSampling,
  toStops,
  tokenLimit,
} from './request-fields.ts';

const Body = z.looseObject({
  ...completionFields,
  messages: Messages,
  max_completion_tokens: tokenLimit,
  chat_template_kwargs: z.record(z.string(), z.unknown()).nullish(),
  tools: refusedField('tools'),
  functions: refusedField('functions'),
  logprobs: refusedField('logprobs'),
  audio: refusedField('audio'),
  response_format: z
    .looseObject({ type: z.literal('text', { error: 'only text is supported by this runtime' }) })
    .nullish(),
});

/** POST /v1/chat/completions */
export const chatCompletions: Endpoint = {
  path: '/v1/chat/completions',
  parse(body, serving) {
    const parsed = parseBody(Body, body);
    const prompt = serving.engine.renderChat(parsed.messages, parsed.chat_template_kwargs ?? {});
    const maxTokens = parsed.max_completion_tokens ?? parsed.max_tokens ?? serving.defaults.maxTokens;
    return createJob('chatcmpl-', {
      promptField: 'messages',
      serving,
      stream: parsed.stream,
      includeUsage: parsed.stream_options?.include_usage,
      request: {
        tokens: serving.engine.tokenize(prompt),
        sampling: toSampling(parsed, serving.defaults),
        stops: toStops(parsed.stop),
        ...(maxTokens === undefined ? {} : { maxTokens }),
      },
    });
  },
  whole: (job, text, finish) => ({
    ...head(job, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text },
        logprobs: null,
        finish_reason: finish.reason,
      },
    ],
    usage: usageOf(finish),
  }),
  begin: (job) => [chunk(job, { role: 'assistant', content: '' }, null)],
  delta: (job, text) => chunk(job, { content: text }, null),
  end: (job, { finish }) => [
    chunk(job, {}, finish.reason),
    ...(job.includeUsage
      ? [{ data: { ...head(job, 'chat.completion.chunk'), choices: [], usage: usageOf(finish) } }]
      : []),
  ],
};

function chunk(job: Job, delta: unknown, finishReason: string | null): StreamEvent {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }];
  return {
    data: { ...head(job, 'chat.completion.chunk'), choices, ...(job.includeUsage ? { usage: null } : {}) },
  };
}

function head({ id, createdSeconds, modelName }: Job, object: string): Record<string, unknown> {
  return { id, object, created: createdSeconds, model: modelName };
}
