import type { ServerResponse } from 'node:http';
import { ApiError } from '../status.ts';

export function sendJson(
  response: ServerResponse,
  code: number,
  body: unknown,
  type = 'application/json',
): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(code, {
    'content-type': type,
    'cache-control': 'no-cache, private',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

export function sendText(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}

/** The one place where what went wrong becomes an answer. */
export function sendError(response: ServerResponse, error: unknown, report: (error: unknown) => void): void {
  const isKnown = error instanceof ApiError;
  if (!isKnown) report(error);
  const status = isKnown
    ? error
    : new ApiError(500, 'InternalError', `Internal error occurred: ${String(error)}`);
  if (response.headersSent) response.destroy();
  else sendJson(response, status.code, status.toStatus());
}
