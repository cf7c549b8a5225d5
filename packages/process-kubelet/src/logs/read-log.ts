import { createReadStream, fstatSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { logFiles, type ContainerLog } from './container-log.ts';

export interface LogQuery {
  readonly follow: boolean;
  readonly tailLines?: number;
  /** Epoch milliseconds; earlier lines are left out. */
  readonly since?: number;
  readonly timestamps: boolean;
  readonly limitBytes?: number;
}

export interface LogSink {
  write(text: string): void;
  readonly signal: AbortSignal;
}

interface OpenFile {
  readonly fd: number;
  readonly size: number;
}

/** Writes what a log holds to `sink`, then (with `follow`) what comes, until the container ends or the reader leaves. */
export async function readLog(
  path: string,
  query: LogQuery,
  { live, sink }: { readonly live?: ContainerLog | undefined; readonly sink: LogSink },
): Promise<void> {
  let budget = query.limitBytes ?? Number.POSITIVE_INFINITY;
  const write = (line: string): void => {
    const text = formatLine(line, query);
    if (text === undefined || budget <= 0) return;
    const bytes = Buffer.from(text);
    sink.write(bytes.length <= budget ? text : bytes.subarray(0, budget).toString('utf8'));
    budget -= bytes.length;
  };
  // Sizes are taken and the follower is attached in one go, so that no line is lost or told twice in between.
  const files = openFiles(logFiles(path));
  const early: string[] = [];
  let onLine = (line: string): void => void early.push(line);
  const ended = new Promise<void>((resolve) => {
    if (!query.follow || live?.isOpen !== true) {
      resolve();
      return;
    }
    const stop = live.follow((line) => onLine(line), resolve);
    sink.signal.addEventListener('abort', () => {
      stop();
      resolve();
    });
  });
  const stored = storedLines(files);
  if (query.tailLines === undefined) for await (const line of stored) write(line);
  else for (const line of await lastLines(stored, query.tailLines)) write(line);
  for (const line of early) write(line);
  onLine = write;
  await ended;
}

/** The end of a log without times, for termination messages. */
export async function logTail(
  path: string,
  limits: { readonly lines: number; readonly bytes: number },
): Promise<string> {
  const lines = await lastLines(storedLines(openFiles(logFiles(path).slice(-1))), limits.lines);
  const text = lines.map((line) => formatLine(line, { follow: false, timestamps: false }) ?? '').join('');
  return Buffer.from(text.trimEnd()).subarray(-limits.bytes).toString('utf8');
}

function openFiles(paths: readonly string[]): readonly OpenFile[] {
  return paths.map((path) => {
    const fd = openSync(path, 'r');
    return { fd, size: fstatSync(fd).size };
  });
}

async function* storedLines(files: readonly OpenFile[]): AsyncGenerator<string> {
  for (const { fd, size } of files) {
    const input = createReadStream('', { fd, start: 0, end: Math.max(0, size - 1) });
    for await (const line of createInterface({ input })) yield `${line}\n`;
  }
}

async function lastLines(lines: AsyncIterable<string>, count: number): Promise<readonly string[]> {
  let kept: string[] = [];
  for await (const line of lines) {
    kept.push(line);
    if (kept.length > 2 * count) kept = kept.slice(-count);
  }
  return count <= 0 ? [] : kept.slice(-count);
}

/** `time stream F|P text` as asked for; undefined when the line is too old. */
function formatLine(line: string, { since, timestamps }: LogQuery): string | undefined {
  const timeEnd = line.indexOf(' ');
  const tagStart = line.indexOf(' ', timeEnd + 1) + 1;
  const time = line.slice(0, timeEnd);
  if (since !== undefined && Date.parse(time) < since) return undefined;
  const body = line.slice(tagStart + 2);
  const text = line[tagStart] === 'P' ? body.replace(/\n$/, '') : body;
  return timestamps ? `${time} ${text}` : text;
}
