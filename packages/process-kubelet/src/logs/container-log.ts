import { EventEmitter } from 'node:events';
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

export type LogStream = 'stdout' | 'stderr';

export interface LogRotation {
  readonly maximumBytes: number;
  /** Including the one being written. */
  readonly maximumFiles: number;
}

export const defaultLogRotation: LogRotation = { maximumBytes: 10 * 2 ** 20, maximumFiles: 5 };

/** Longer lines are written in parts, as container runtimes do. */
const maximumLineBytes = 16 * 1024;
const newline = 0x0a;

/**
 * The log of one run of a container, in the format of container runtimes: `time stream F|P text`. Lines go to disk at
 * once and synchronously, so that readers and the exit status never miss one.
 */
export class ContainerLog {
  readonly path: string;
  readonly #rotation: LogRotation;
  readonly #now: () => number;
  readonly #lines = new EventEmitter<{ line: [string]; end: [] }>();
  readonly #partial: Record<LogStream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  #file: number | undefined;
  #size: number;

  constructor(
    path: string,
    { rotation = defaultLogRotation, now = Date.now }: { rotation?: LogRotation; now?: () => number } = {},
  ) {
    mkdirSync(dirname(path), { recursive: true });
    this.path = path;
    this.#rotation = rotation;
    this.#now = now;
    this.#lines.setMaxListeners(0);
    this.#file = openSync(path, 'a', 0o640);
    this.#size = fstatSync(this.#file).size;
  }

  get isOpen(): boolean {
    return this.#file !== undefined;
  }

  append(stream: LogStream, chunk: Buffer): void {
    const bytes = this.#partial[stream].length === 0 ? chunk : Buffer.concat([this.#partial[stream], chunk]);
    let start = 0;
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
      this.#write(stream, 'F', bytes.subarray(start, end));
      start = end + 1;
    }
    while (bytes.length - start > maximumLineBytes) {
      const end = characterStart(bytes, start + maximumLineBytes);
      this.#write(stream, 'P', bytes.subarray(start, end));
      start = end;
    }
    this.#partial[stream] = Buffer.from(bytes.subarray(start));
  }

  close(): void {
    if (this.#file === undefined) return;
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#partial[stream].length > 0) this.#write(stream, 'F', this.#partial[stream]);
    }
    closeSync(this.#file);
    this.#file = undefined;
    this.#lines.emit('end');
  }

  /** Calls back for every line from now on, and once when the log is closed; returns how to stop. */
  follow(onLine: (line: string) => void, onEnd: () => void): () => void {
    this.#lines.on('line', onLine).once('end', onEnd);
    return () => {
      this.#lines.off('line', onLine).off('end', onEnd);
    };
  }

  #write(stream: LogStream, tag: 'F' | 'P', text: Buffer): void {
    if (this.#file === undefined) return;
    const line = `${new Date(this.#now()).toISOString()} ${stream} ${tag} ${text.toString('utf8')}\n`;
    if (this.#size > 0 && this.#size + line.length > this.#rotation.maximumBytes) this.#rotate();
    this.#size += writeSync(this.#file, line);
    this.#lines.emit('line', line);
  }

  #rotate(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    const kept = this.#rotation.maximumFiles - 1;
    rmSync(`${this.path}.${kept}`, { force: true });
    for (let number = kept - 1; number >= 1; number -= 1)
      renameIfPresent(`${this.path}.${number}`, `${this.path}.${number + 1}`);
    if (kept >= 1) renameSync(this.path, `${this.path}.1`);
    this.#file = openSync(this.path, 'w', 0o640);
    this.#size = 0;
  }
}

/** The nearest place at or before `index` that does not cut a UTF-8 character. */
function characterStart(bytes: Buffer, index: number): number {
  let start = index;
  while (start > index - 4 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start;
}

/** Files of a log that exist, oldest first. */
export function logFiles(path: string): readonly string[] {
  const files: string[] = [];
  for (let number = 1; existsSync(`${path}.${number}`); number += 1) files.unshift(`${path}.${number}`);
  return existsSync(path) ? [...files, path] : files;
}

function renameIfPresent(from: string, to: string): void {
  if (existsSync(from)) renameSync(from, to);
}
