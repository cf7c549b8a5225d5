import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { StreamEvent } from '../openai/endpoint.ts';

/** Server-sent events over one response; waits when the client reads slowly. */
export interface EventStream {
  /** Events sent so far. */
  readonly sent: number;
  send(event: StreamEvent): Promise<void>;
  /** `done`: the stream ended as it should, and says so. */
  end(done: boolean): void;
}

export function openEventStream(response: ServerResponse, signal: AbortSignal): EventStream {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  let sent = 0;
  return {
    get sent() {
      return sent;
    },
    async send({ event, data }) {
      sent += 1;
      const name = event === undefined ? '' : `event: ${event}\n`;
      if (!response.write(`${name}data: ${JSON.stringify(data)}\n\n`))
        await once(response, 'drain', { signal });
    },
    end: (done) => response.end(done ? 'data: [DONE]\n\n' : undefined),
  };
}
