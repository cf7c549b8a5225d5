import { randomUUID } from 'node:crypto';
import type { SamplingDefaults } from '../command-line.ts';
import type { Engine } from '../engine/engine.ts';
import type { Finish, TextRequest } from '../generate/generate-text.ts';
import { ApiError } from './api-error.ts';

/** What a handler may use besides the body. */
export interface Serving {
  readonly engine: Engine;
  /** The model name that answers carry. */
  readonly modelName: string;
  readonly defaults: SamplingDefaults;
}

/** A checked request: what to generate, and what its answer is called. */
export interface Job {
  readonly id: string;
  readonly createdSeconds: number;
  readonly modelName: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly request: TextRequest;
}

/** One event of a stream: a name only where the API names events. */
export interface StreamEvent {
  readonly event?: string;
  readonly data: unknown;
}

/** An endpoint that generates: how it reads bodies and how its answers look. */
export interface Endpoint {
  readonly path: string;
  parse(body: unknown, serving: Serving): Job;
  whole(job: Job, text: string, finish: Finish): unknown;
  begin(job: Job): readonly StreamEvent[];
  /** `sequence` counts the events sent before. */
  delta(job: Job, text: string, sequence: number): StreamEvent;
  end(
    job: Job,
    answer: { readonly text: string; readonly finish: Finish },
    sequence: number,
  ): readonly StreamEvent[];
}

export function createJob(
  prefix: string,
  options: {
    /** The body's field that holds the prompt, for error messages. */
    readonly promptField: string;
    readonly serving: Serving;
    readonly request: TextRequest;
    readonly stream?: boolean | null | undefined;
    readonly includeUsage?: boolean | null | undefined;
  },
): Job {
  const { serving, request, stream, includeUsage, promptField } = options;
  refuseOverflow(request, serving.engine, promptField);
  return {
    id: `${prefix}${randomUUID().replaceAll('-', '')}`,
    createdSeconds: Math.floor(Date.now() / 1000),
    modelName: serving.modelName,
    stream: stream ?? false,
    includeUsage: includeUsage ?? false,
    request,
  };
}

function refuseOverflow({ tokens }: TextRequest, { contextTokens }: Engine, param: string): void {
  if (tokens.length === 0) throw new ApiError('the prompt is empty', { param, code: 'invalid_value' });
  if (tokens.length < contextTokens) return;
  throw new ApiError(
    `the prompt has ${tokens.length} tokens, this server's context holds ${contextTokens} with the answer; shorten it or raise --ctx-size`,
    { code: 'context_length_exceeded', param },
  );
}

/** Token counts as the completion endpoints report them. */
export function usageOf({ promptTokens, cachedTokens, completionTokens }: Finish): unknown {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}
