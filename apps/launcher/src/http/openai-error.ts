import type { ServerResponse } from 'node:http';

export interface OpenAiError {
  readonly status: number;
  readonly message: string;
  readonly type: string;
  readonly code: string;
  readonly retryAfterSeconds?: number;
  /** Tells the client to open its next connection elsewhere. */
  readonly closeConnection?: boolean;
}

export function errorBody(error: OpenAiError): string {
  const { message, type, code } = error;
  return JSON.stringify({ error: { message, type, param: null, code } });
}

export function sendError(response: ServerResponse, error: OpenAiError): void {
  if (response.headersSent || response.destroyed) return;
  const retry =
    error.retryAfterSeconds === undefined ? {} : { 'retry-after': String(error.retryAfterSeconds) };
  const close = error.closeConnection === true ? { connection: 'close' } : {};
  sendJson(response, error.status, { body: errorBody(error), headers: { ...retry, ...close } });
}

export function sendJson(
  response: ServerResponse,
  status: number,
  { body, headers = {} }: { body: string; headers?: Readonly<Record<string, string>> },
): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(body);
}
