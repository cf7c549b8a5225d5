import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Endpoint } from '../engines/engine.ts';

interface RuntimeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: Buffer | Readable;
  readonly signal: AbortSignal;
}

/** Sends a request to the runtime. Resolves with the head of the answer; no time limit but that of the signal. */
export type RuntimeClient = (request: RuntimeRequest) => Promise<IncomingMessage>;

/**
 * A fresh connection for each request: it costs microseconds on a socket or loopback, and no request can meet a
 * connection that an idle runtime is just closing. Node's own client, because undici's parser is WebAssembly, whose
 * engine alone would take 18 MiB of the launcher's memory.
 */
export function runtimeClient(endpoint: Endpoint): RuntimeClient {
  const target = endpoint.kind === 'socket' ? { socketPath: endpoint.path } : endpoint;
  return async ({ method, path, headers, body, signal }) => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = httpRequest(
      { ...target, method, path, headers: { ...headers }, agent: false, signal },
      resolve,
    );
    request.on('error', reject);
    if (body === undefined || Buffer.isBuffer(body)) {
      request.end(body);
    } else {
      body.once('error', (error) => {
        reject(error);
        request.destroy(error);
      });
      body.pipe(request);
    }
    return promise;
  };
}

/** A whole small answer, for health checks and metrics. */
export async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
