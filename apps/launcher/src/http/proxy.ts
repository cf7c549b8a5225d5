import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Engine, Route, Serving } from '../engines/engine.ts';
import { repairDocument, repairEventStream } from './answer-repair.ts';
import { answerSink } from './answer-sink.ts';
import { requestHeaders, responseHeaders } from './headers.ts';
import { readModelField, writeModelField } from './model-field.ts';
import { sendError, type OpenAiError } from './openai-error.ts';
import type { RuntimeClient } from './runtime-client.ts';
import { BodyTooLargeError, isPlainJson, limitedStream, readBody } from './request-body.ts';

/** The runtime as the proxy sees it. */
export interface Upstream {
  readonly client: RuntimeClient;
  readonly serving: Serving;
}

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly route: Route;
}

/** How an exchange ended, for the metrics. 499 is nginx's word for a client that left. */
export type Outcome =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'clientLeft'; readonly status: 499 }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'runtimeFailed'; readonly status: number };

interface OutgoingBody {
  readonly body: Buffer | Readable | undefined;
  readonly servedName: string;
}

/**
 * Passes one request to the runtime and its answer back, unbuffered. When the client leaves, before or during the answer,
 * the runtime is told at once, so that it stops generating. No time limit of ours ends a long generation.
 */
export async function forward(engine: Engine, upstream: Upstream, exchange: Exchange): Promise<Outcome> {
  const { request, response } = exchange;
  const gone = new AbortController();
  // Not request 'close', which also comes when the body was read whole.
  const onClose = (): void => {
    if (!response.writableFinished) gone.abort();
  };
  response.once('close', onClose);
  try {
    const outgoing = await outgoingBody(engine, upstream.serving, exchange);
    if ('status' in outgoing) {
      sendError(response, outgoing);
      return { kind: 'refused', status: outgoing.status };
    }
    await send({ engine, upstream, exchange, outgoing, signal: gone.signal });
    return { kind: 'answered', status: response.statusCode };
  } catch (error) {
    if (gone.signal.aborted) return { kind: 'clientLeft', status: 499 };
    const answer = errorAnswer(error);
    const kind = error instanceof BodyTooLargeError ? 'refused' : 'runtimeFailed';
    if (!response.headersSent) request.resume();
    sendError(response, answer);
    return { kind, status: answer.status };
  } finally {
    response.off('close', onClose);
  }
}

const bodylessMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

async function outgoingBody(
  engine: Engine,
  serving: Serving,
  { request, route }: Exchange,
): Promise<OutgoingBody | OpenAiError> {
  const served = engine.servedModels(serving);
  const defaultName = served[0] ?? serving.settings.modelName;
  if (bodylessMethods.has(request.method ?? 'GET')) return { body: undefined, servedName: defaultName };
  if (!route.namesModel || !isPlainJson(request)) {
    return { body: limitedStream(request), servedName: defaultName };
  }
  const body = await readBody(request);
  const field = readModelField(body);
  if (field.kind === 'opaque') return { body, servedName: defaultName };
  const name = field.kind === 'missing' ? defaultName : field.name;
  if (engine.modelList === 'launcher' && !served.includes(name)) return unknownModel(name);
  const runtimeName = engine.runtimeModelName(name, serving);
  const isUnchanged = field.kind === 'named' && runtimeName === field.name;
  return { body: isUnchanged ? body : writeModelField(body, field, runtimeName), servedName: name };
}

function unknownModel(name: string): OpenAiError {
  return {
    status: 404,
    message: `The model \`${name}\` does not exist.`,
    type: 'NotFoundError',
    code: 'model_not_found',
  };
}

interface Sending {
  readonly engine: Engine;
  readonly upstream: Upstream;
  readonly exchange: Exchange;
  readonly outgoing: OutgoingBody;
  readonly signal: AbortSignal;
}

async function send({ engine, upstream, exchange, outgoing, signal }: Sending): Promise<void> {
  const { request, response } = exchange;
  const repairs = engine.answerRepairs(upstream.serving);
  const headers = requestHeaders(request.headers);
  const declared = request.headers['content-length'];
  const length = Buffer.isBuffer(outgoing.body) ? String(outgoing.body.length) : declared;
  if (length !== undefined && outgoing.body !== undefined) headers['content-length'] = length;
  headers['x-request-id'] ??= randomUUID();
  if (repairs !== undefined) delete headers['accept-encoding'];

  const answer = await upstream.client({
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    headers,
    ...(outgoing.body === undefined ? {} : { body: outgoing.body }),
    signal,
  });
  const statusCode = answer.statusCode ?? 502;
  const answerHeaders = responseHeaders(answer.headers);
  const repair = repairs && repairFor(repairs, { exchange, statusCode, outgoing, headers: answerHeaders });
  response.writeHead(statusCode, answerHeaders);
  response.flushHeaders();
  const sink = answerSink(response, isEventStream(answerHeaders));
  await (repair === undefined ? pipeline(answer, sink) : pipeline(answer, repair, sink));
}

interface Answer {
  readonly exchange: Exchange;
  readonly statusCode: number;
  readonly outgoing: OutgoingBody;
  readonly headers: Record<string, string | string[]>;
}

function repairFor(
  repairs: NonNullable<ReturnType<Engine['answerRepairs']>>,
  { exchange, statusCode, outgoing, headers }: Answer,
): Duplex | undefined {
  if (statusCode !== 200) return undefined;
  if (isEventStream(headers)) {
    // Streams of the Responses API end with an event of their own.
    const endStreams = repairs.endStreams && exchange.route.path !== '/v1/responses';
    return repairEventStream({ ...repairs, endStreams }, outgoing.servedName);
  }
  if (!String(headers['content-type'] ?? '').startsWith('application/json')) return undefined;
  delete headers['content-length'];
  return repairDocument(repairs, outgoing.servedName);
}

function isEventStream(headers: Record<string, string | string[]>): boolean {
  return String(headers['content-type'] ?? '').startsWith('text/event-stream');
}

function errorAnswer(error: unknown): OpenAiError {
  if (error instanceof BodyTooLargeError) {
    return { status: 413, message: error.message, type: 'invalid_request_error', code: 'request_too_large' };
  }
  const code = (error as { readonly code?: unknown }).code;
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return {
        status: 503,
        message: 'the model runtime does not accept connections',
        type: 'server_error',
        code: 'upstream_unavailable',
        retryAfterSeconds: 5,
      };
    case 'ETIMEDOUT':
      return {
        status: 504,
        message: 'the model runtime did not answer in time',
        type: 'server_error',
        code: 'upstream_timeout',
      };
    default:
      return {
        status: 502,
        message: 'the model runtime broke off the connection',
        type: 'server_error',
        code: 'upstream_terminated',
      };
  }
}
