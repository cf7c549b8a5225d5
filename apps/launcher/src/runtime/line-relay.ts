import type { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { stripVTControlCharacters } from 'node:util';

/** Longer lines are cut for the ring; the relay itself passes every byte. */
const maximumLineLength = 8 * 1024;

/** The last lines of a runtime, for the person who reads why it died. */
export interface LineRing {
  add(line: string): void;
  lines(): readonly string[];
}

export function lineRing(capacity: number): LineRing {
  const kept: string[] = [];
  return {
    add(line) {
      kept.push(line);
      if (kept.length > capacity) kept.shift();
    },
    lines: () => [...kept],
  };
}

export interface LineRelay {
  readonly source: Readable;
  readonly target: Writable;
  readonly onLine: (line: string) => void;
  /** Values that must not be seen in logs, such as tokens. */
  readonly secrets: readonly string[];
}

/** Passes a stream on line by line, slowed to the pace of the target, and shows every line to `onLine`. */
export function relayLines({ source, target, onLine, secrets }: LineRelay): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  source.on('data', (chunk: Buffer) => take(decoder.write(chunk)));
  source.on('end', () => {
    take(decoder.end());
    if (rest !== '') pass(`${rest}\n`);
    rest = '';
  });

  function take(text: string): void {
    rest += text;
    // Progress bars redraw one line with carriage returns; each drawing counts as a line.
    const end = Math.max(rest.lastIndexOf('\n'), rest.lastIndexOf('\r')) + 1;
    if (end > 0) pass(rest.slice(0, end));
    rest = rest.slice(end);
    if (rest.length > maximumLineLength) {
      pass(rest);
      rest = '';
    }
  }

  function pass(text: string): void {
    const shown = secrets.reduce((safe, secret) => safe.replaceAll(secret, '***'), text);
    for (const line of shown.split(/\r\n|\n|\r/u)) {
      const plain = stripVTControlCharacters(line).trimEnd();
      if (plain !== '') onLine(plain.slice(0, maximumLineLength));
    }
    if (target.write(shown)) return;
    source.pause();
    target.once('drain', () => source.resume());
  }
}
