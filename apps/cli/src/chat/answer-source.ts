import { connect } from '../cluster.ts';
import { CommandError } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { readSystemRecord, systemLayout } from '../system/state.ts';
import { defaultStateRoot } from '../system/state.ts';
import { isSameProcess } from '../system/leftovers.ts';
import { streamedText } from './server-sent-text.ts';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface ChatRequest {
  readonly model?: string | undefined;
  readonly messages: readonly ChatMessage[];
  readonly temperature?: number | undefined;
  readonly max_tokens?: number | undefined;
}

/** Answers piece by piece. */
export type AnswerSource = (request: ChatRequest) => AsyncIterable<string>;

export interface SourceOptions {
  readonly url?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly namespace?: string | undefined;
  readonly state?: string | undefined;
}

/** In this order: the URL given, the port that a local `kaito up` forwards, the API server's proxy to the Service. */
export async function findAnswerSource(
  context: CommandContext,
  workspace: string,
  options: SourceOptions,
): Promise<AnswerSource> {
  if (options.url !== undefined) return fromUrl(options.url, context.signal);
  if (options.kubeconfig === undefined) {
    const local = await localUrl(context, `${options.namespace ?? 'default'}/${workspace}`, options.state);
    if (local !== undefined) return fromUrl(local, context.signal);
  }
  return fromApiServer(context, workspace, options);
}

async function localUrl(
  context: CommandContext,
  key: string,
  state: string | undefined,
): Promise<string | undefined> {
  const record = await readSystemRecord(systemLayout(state ?? defaultStateRoot(context.environment)));
  if (record === undefined || !(await isSameProcess(record.pid, record.startTime))) return undefined;
  return record.endpoints[key];
}

function fromUrl(url: string, signal: AbortSignal): AnswerSource {
  const endpoint = `${url.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1/chat/completions`;
  return async function* (request) {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...request, stream: true }),
      signal,
    }).catch((cause: unknown) => {
      throw noAnswer(`${endpoint} cannot be reached`, cause);
    });
    if (!response.ok || response.body === null)
      throw noAnswer(await refusal(response.status, response.text()));
    yield* streamedText(response.body);
  };
}

function fromApiServer(context: CommandContext, workspace: string, options: SourceOptions): AnswerSource {
  return async function* (request) {
    const connection = await connect({
      kubeconfigPath: options.kubeconfig,
      environment: context.environment,
    });
    try {
      const namespace = options.namespace ?? connection.namespace;
      const { body } = await connection.client.raw({
        method: 'POST',
        path: `/api/v1/namespaces/${namespace}/services/${workspace}:http/proxy/v1/chat/completions`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
        timeoutMilliseconds: 600_000,
        signal: context.signal,
      });
      const answer = JSON.parse(body) as { choices?: readonly { message?: { content?: string } }[] };
      yield answer.choices?.[0]?.message?.content ?? '';
    } finally {
      await connection.close();
    }
  };
}

async function refusal(status: number, text: Promise<string>): Promise<string> {
  const body = await text;
  try {
    const { error } = JSON.parse(body) as { error?: { message?: string } };
    return `the endpoint answered ${status}: ${error?.message ?? body.slice(0, 300)}`;
  } catch {
    return `the endpoint answered ${status}: ${body.slice(0, 300)}`;
  }
}

function noAnswer(message: string, cause?: unknown): CommandError {
  return new CommandError({
    code: 'NO_ANSWER',
    message,
    next: 'kaito status says what the Workspace waits for',
    cause,
  });
}
