import type { ServerResponse } from 'node:http';
import type { Mishap } from './mishap.ts';

const refusals = {
  conflict: {
    code: 409,
    reason: 'Conflict',
    message: 'the object has been modified; please apply your changes to the latest version',
  },
  tooManyRequests: { code: 429, reason: 'TooManyRequests', message: 'please try again later' },
  serverError: { code: 500, reason: 'InternalError', message: 'chaos' },
} as const;

/** Answers as the API server would; false when the mishap is no refusal. */
export function refuse(response: ServerResponse, mishap: Mishap): boolean {
  if (!(mishap in refusals)) return false;
  const { code, reason, message } = refusals[mishap as keyof typeof refusals];
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, reason, message };
  response.writeHead(code, {
    'content-type': 'application/json',
    ...(code === 429 && { 'retry-after': '1' }),
  });
  response.end(JSON.stringify(status));
  return true;
}
