import { z } from 'zod';
import type { Finish } from '../generate/generate-text.ts';
import { createJob, type Endpoint, type Job, type StreamEvent } from './endpoint.ts';
import { Messages } from './messages.ts';
import { parseBody, refusedField, samplingFields, toSampling, tokenLimit } from './request-fields.ts';

const Body = z.looseObject({
  ...samplingFields,
  input: z.union([z.string().transform((content) => [{ role: 'user', content }]), Messages], {
    error: 'expected text or a list of messages with text',
  }),
  instructions: z.string().nullish(),
  max_output_tokens: tokenLimit,
  tools: refusedField('tools'),
  previous_response_id: refusedField('previous_response_id'),
  background: refusedField('background'),
  prompt: refusedField('prompt'),
});

/** POST /v1/responses; nothing is stored, so a response cannot be continued by its id. */
export const responses: Endpoint = {
  path: '/v1/responses',
  parse(body, serving) {
    const parsed = parseBody(Body, body);
    const system = parsed.instructions ? [{ role: 'system', content: parsed.instructions }] : [];
    const prompt = serving.engine.renderChat([...system, ...parsed.input], {});
    const maxTokens = parsed.max_output_tokens ?? serving.defaults.maxTokens;
    return createJob('resp_', {
      promptField: 'input',
      serving,
      stream: parsed.stream,
      request: {
        tokens: serving.engine.tokenize(prompt),
        sampling: toSampling(parsed, serving.defaults),
        stops: [],
        ...(maxTokens === undefined ? {} : { maxTokens }),
      },
    });
  },
  whole: (job, text, finish) => response(job, { text, finish }),
  begin: (job) =>
    numbered(0, [
      { type: 'response.created', response: response(job) },
      { type: 'response.in_progress', response: response(job) },
      { type: 'response.output_item.added', output_index: 0, item: item(job, 'in_progress', []) },
      { type: 'response.content_part.added', ...place(job), part: part('') },
    ]),
  delta: (job, text, sequence) =>
    numbered(sequence, [
      { type: 'response.output_text.delta', ...place(job), delta: text, logprobs: [] },
    ])[0] as StreamEvent,
  end: (job, answer, sequence) => {
    const { text, finish } = answer;
    const status = statusOf(finish);
    return numbered(sequence, [
      { type: 'response.output_text.done', ...place(job), text, logprobs: [] },
      { type: 'response.content_part.done', ...place(job), part: part(text) },
      { type: 'response.output_item.done', output_index: 0, item: item(job, status, [part(text)]) },
      { type: `response.${status}`, response: response(job, answer) },
    ]);
  },
};

interface NamedEvent extends Readonly<Record<string, unknown>> {
  readonly type: string;
}

function numbered(first: number, events: readonly NamedEvent[]): readonly StreamEvent[] {
  return events.map((event, index) => ({
    event: event.type,
    data: { ...event, sequence_number: first + index },
  }));
}

function statusOf({ reason }: Finish): 'completed' | 'incomplete' {
  return reason === 'stop' ? 'completed' : 'incomplete';
}

function response(job: Job, answer?: { readonly text: string; readonly finish: Finish }): unknown {
  const { temperature, topP } = job.request.sampling;
  const status = answer ? statusOf(answer.finish) : 'in_progress';
  return {
    id: job.id,
    object: 'response',
    created_at: job.createdSeconds,
    status,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    model: job.modelName,
    output: answer ? [item(job, status, [part(answer.text)])] : [],
    parallel_tool_calls: false,
    previous_response_id: null,
    store: false,
    temperature,
    top_p: topP,
    tool_choice: 'none',
    tools: [],
    usage: answer ? usage(answer.finish) : null,
  };
}

function usage({ promptTokens, cachedTokens, completionTokens }: Finish): unknown {
  return {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: cachedTokens },
    output_tokens: completionTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: promptTokens + completionTokens,
  };
}

function item(job: Job, status: string, content: readonly unknown[]): unknown {
  return { type: 'message', id: messageId(job), status, role: 'assistant', content };
}

function part(text: string): unknown {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

function place(job: Job): Record<string, unknown> {
  return { item_id: messageId(job), output_index: 0, content_index: 0 };
}

function messageId({ id }: Job): string {
  return id.replace('resp_', 'msg_');
}
