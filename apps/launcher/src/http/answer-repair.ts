import { StringDecoder } from 'node:string_decoder';
import { Transform } from 'node:stream';
import type { AnswerRepairs } from '../engines/engine.ts';

const doneEvent = 'data: [DONE]\n\n';

/** Mends a server-sent event stream line by line; a line leaves as soon as it is complete. */
export function repairEventStream(repairs: AnswerRepairs, servedName: string): Transform {
  const decoder = new StringDecoder('utf8');
  const rename = renamer(repairs, servedName);
  let rest = '';
  let sawDone = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      rest += decoder.write(chunk);
      const end = rest.lastIndexOf('\n') + 1;
      const lines = rename(rest.slice(0, end));
      rest = rest.slice(end);
      sawDone ||= lines.includes('data: [DONE]');
      done(null, lines === '' ? undefined : lines);
    },
    flush(done) {
      const tail = rename(rest + decoder.end());
      const separator = tail === '' || tail.endsWith('\n\n') ? '' : '\n\n';
      done(null, repairs.endStreams && !sawDone ? `${tail}${separator}${doneEvent}` : tail);
    },
  });
}

/** Mends a whole answer. Its length changes, so the caller must not announce the runtime's. */
export function repairDocument(repairs: AnswerRepairs, servedName: string): Transform {
  const rename = renamer(repairs, servedName);
  const chunks: Buffer[] = [];
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
    flush(done) {
      done(null, rename(Buffer.concat(chunks).toString('utf8')));
    },
  });
}

function renamer(repairs: AnswerRepairs, servedName: string): (text: string) => string {
  const echo = `"model":${JSON.stringify(repairs.modelEcho)}`;
  const spaced = echo.replace(':', ': ');
  const name = `"model":${JSON.stringify(servedName)}`;
  return (text) => text.replaceAll(echo, name).replaceAll(spaced, name);
}
