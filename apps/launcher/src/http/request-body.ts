import type { IncomingMessage } from 'node:http';
import { Transform } from 'node:stream';

/** A JSON body is held in memory while its model is looked up; pictures travel in it as base64. */
const maximumJsonBytes = 64 * 1024 * 1024;
/** Everything else (audio uploads) is only passed through. */
const maximumStreamBytes = 256 * 1024 * 1024;

/** Thrown when a request body is larger than its limit. */
export class BodyTooLargeError extends Error {
  readonly code = 'BODY_TOO_LARGE';
  readonly limitBytes: number;

  constructor(limitBytes: number) {
    super(`the request body is larger than ${limitBytes} bytes`);
    this.name = 'BodyTooLargeError';
    this.limitBytes = limitBytes;
  }
}

export function isPlainJson(request: IncomingMessage): boolean {
  const type = request.headers['content-type'] ?? '';
  const encoding = request.headers['content-encoding'] ?? 'identity';
  return /^application\/(?:[\w.+-]+\+)?json\b/iu.test(type.trim()) && encoding === 'identity';
}

export async function readBody(
  request: IncomingMessage,
  limitBytes: number = maximumJsonBytes,
): Promise<Buffer> {
  refuseDeclaredLength(request, limitBytes);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limitBytes) throw new BodyTooLargeError(limitBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

export function limitedStream(request: IncomingMessage, limitBytes: number = maximumStreamBytes): Transform {
  refuseDeclaredLength(request, limitBytes);
  let length = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      length += chunk.length;
      if (length > limitBytes) done(new BodyTooLargeError(limitBytes));
      else done(null, chunk);
    },
  });
  request.once('error', (error) => limit.destroy(error));
  return request.pipe(limit);
}

function refuseDeclaredLength(request: IncomingMessage, limitBytes: number): void {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw new BodyTooLargeError(limitBytes);
}
