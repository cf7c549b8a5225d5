import { decodeWatchEvent, type WatchEvent } from './watch-event.ts';
import { MalformedResponseError } from './errors.ts';

/** An event larger than this is no object of etcd's (1.5 MiB limit), but a stream that never breaks its line. */
const LONGEST_LINE = 16 * 1024 * 1024;

/** Cuts a watch's body into events. Throws KubeApiError for an ERROR event, MalformedResponseError for anything else. */
export async function* watchEvents(request: string, body: AsyncIterable<Buffer>): AsyncGenerator<WatchEvent> {
  for await (const line of lines(request, body)) yield decodeWatchEvent(request, line);
}

async function* lines(request: string, body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of body) {
    const pieces = decoder.decode(chunk, { stream: true }).split('\n');
    for (const [index, piece] of pieces.entries()) {
      parts.push(piece);
      length += piece.length;
      if (length > LONGEST_LINE) throw new MalformedResponseError(request, 'holds an endless line');
      if (index === pieces.length - 1) break;
      const line = parts.join('');
      parts = [];
      length = 0;
      if (line !== '') yield line;
    }
  }
  // A last line without its end was cut off: the stream broke within an event.
  if (parts.join('').trim() !== '') throw new MalformedResponseError(request, 'ends within an event');
}
