import { fastify, type FastifyInstance, type FastifyReply } from 'fastify';
import type { SamplingDefaults } from '../command-line.ts';
import type { Engine } from '../engine/engine.ts';
import { generateText } from '../generate/generate-text.ts';
import { ApiError, toApiError } from '../openai/api-error.ts';
import { chatCompletions } from '../openai/chat-completions.ts';
import { completions } from '../openai/completions.ts';
import type { Endpoint, Job } from '../openai/endpoint.ts';
import { responses } from '../openai/responses.ts';
import { openEventStream } from './event-stream.ts';
import { createMetrics, type Metrics } from './metrics.ts';

const endpoints: readonly Endpoint[] = [chatCompletions, completions, responses];
const maximumBodyBytes = 64 * 1024 * 1024;

export interface ServerOptions {
  readonly modelName: string;
  readonly defaults: SamplingDefaults;
  /** Undefined while the model loads. */
  readonly engine: () => Engine | undefined;
  /** Aborted to end answers that are still being generated. */
  readonly signal: AbortSignal;
}

/** The HTTP side; answers from the first second, generates once there is an engine. */
export function createServer(options: ServerOptions): FastifyInstance {
  const metrics = createMetrics();
  const server = fastify({ bodyLimit: maximumBodyBytes, forceCloseConnections: 'idle' });
  server.setErrorHandler((error, _request, reply) => sendError(reply, error));
  server.setNotFoundHandler(({ method, url }, reply) =>
    sendError(reply, new ApiError(`there is no ${method} ${url}`, { status: 404, code: 'not_found' })),
  );
  server.get('/health', async (_request, reply) => {
    if (!options.engine()) throw loading();
    return reply.send({ status: 'ok' });
  });
  server.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(metrics.render(options.engine())),
  );
  const startedSeconds = Math.floor(Date.now() / 1000);
  server.get('/v1/models', async () => ({ object: 'list', data: [describeModel(options, startedSeconds)] }));
  for (const endpoint of endpoints) {
    server.post(endpoint.path, async ({ body }, reply) => {
      const engine = options.engine();
      if (!engine) throw loading();
      const job = endpoint.parse(body, { engine, modelName: options.modelName, defaults: options.defaults });
      await answer({ endpoint, job, engine, reply, metrics, signal: options.signal });
      return reply;
    });
  }
  return server;
}

function loading(): ApiError {
  return new ApiError('the model is loading', { status: 503, type: 'unavailable_error', code: 'loading' });
}

function describeModel({ modelName, engine }: ServerOptions, created: number): unknown {
  const loaded = engine();
  const limits = loaded && {
    max_model_len: loaded.contextTokens,
    meta: { n_ctx_train: loaded.trainedContextTokens },
  };
  return { id: modelName, object: 'model', created, owned_by: 'kaito', ...limits };
}

interface Answer {
  readonly endpoint: Endpoint;
  readonly job: Job;
  readonly engine: Engine;
  readonly reply: FastifyReply;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
}

async function answer(context: Answer): Promise<void> {
  const { reply, signal, job } = context;
  const left = new AbortController();
  // The response's close means that the client is gone; the request's would also come with a half-closed connection.
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) left.abort(new Error('the client left'));
  });
  const until = AbortSignal.any([signal, left.signal]);
  await (job.stream ? answerInStream(context, until) : answerWhole(context, until));
}

async function answerWhole(
  { endpoint, job, engine, reply, metrics }: Answer,
  signal: AbortSignal,
): Promise<void> {
  let text = '';
  try {
    for await (const event of generateText(engine, job.request, signal)) {
      if (event.kind === 'text') text += event.text;
      else {
        metrics.count(event.finish);
        await reply.send(endpoint.whole(job, text, event.finish));
      }
    }
  } catch (error) {
    if (reply.raw.destroyed) return void reply.hijack();
    throw error;
  }
}

async function answerInStream(
  { endpoint, job, engine, reply, metrics }: Answer,
  signal: AbortSignal,
): Promise<void> {
  reply.hijack();
  const stream = openEventStream(reply.raw, signal);
  let text = '';
  try {
    for (const event of endpoint.begin(job)) await stream.send(event);
    for await (const event of generateText(engine, job.request, signal)) {
      if (event.kind === 'text') {
        text += event.text;
        await stream.send(endpoint.delta(job, event.text, stream.sent));
      } else {
        metrics.count(event.finish);
        for (const last of endpoint.end(job, { text, finish: event.finish }, stream.sent))
          await stream.send(last);
      }
    }
    stream.end(true);
  } catch (error) {
    if (reply.raw.destroyed) return;
    await stream.send({ data: toApiError(error) });
    stream.end(false);
  }
}

async function sendError(reply: FastifyReply, error: unknown): Promise<void> {
  const answered = toApiError(error);
  if (answered.status >= 500 && answered.status !== 503)
    console.error(`kaito-cpu-runtime: ${answered.message}`);
  if (answered.status === 503) reply.header('retry-after', '1');
  await reply.code(answered.status).type('application/json').send(JSON.stringify(answered));
}
