import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { errorBody } from './openai-error.ts';

/**
 * Where a runtime's answer is written. Chunks leave at once and the runtime is slowed to the client's pace.
 * When the runtime breaks off, an event stream ends with an error event (never a false `[DONE]`) and any other answer is
 * cut, so that the client sees that it is not whole.
 */
export function answerSink(response: ServerResponse, isEventStream: boolean): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (response.destroyed || response.write(chunk)) {
        done();
        return;
      }
      const resume = (): void => {
        response.off('drain', resume);
        response.off('close', resume);
        done();
      };
      response.on('drain', resume);
      response.on('close', resume);
    },
    final(done) {
      response.end(done);
    },
    destroy(error, done) {
      if (error !== null && !response.destroyed && !response.writableEnded) breakOff(response, isEventStream);
      done(null);
    },
  });
}

function breakOff(response: ServerResponse, isEventStream: boolean): void {
  if (!isEventStream) {
    response.destroy();
    return;
  }
  const body = errorBody({
    status: 502,
    message: 'the model runtime ended before the answer was complete',
    type: 'server_error',
    code: 'upstream_terminated',
  });
  response.end(`\n\ndata: ${body}\n\n`);
}
