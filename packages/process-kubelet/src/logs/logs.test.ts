import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ContainerLog } from './container-log.ts';
import { logTail, readLog, type LogQuery } from './read-log.ts';

let directory: string;
let path: string;
let time: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'logs-'));
  path = join(directory, '1.log');
  time = Date.parse('2026-01-01T00:00:00.000Z');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function open(maximumBytes = 1e6): ContainerLog {
  return new ContainerLog(path, { rotation: { maximumBytes, maximumFiles: 3 }, now: () => time });
}
function put(log: ContainerLog, ...lines: readonly string[]): void {
  for (const line of lines) {
    log.append('stdout', Buffer.from(`${line}\n`));
    time += 1000;
  }
}
async function read(
  query: Partial<LogQuery> = {},
  live?: ContainerLog,
  signal = new AbortController().signal,
): Promise<string> {
  let text = '';
  const sink = { write: (chunk: string) => void (text += chunk), signal };
  await readLog(path, { follow: false, timestamps: false, ...query }, { live, sink });
  return text;
}

test('lines come back whole, however they were cut', async () => {
  const log = open();
  log.append('stdout', Buffer.from('one\ntw'));
  log.append('stderr', Buffer.from('from stderr\n'));
  log.append('stdout', Buffer.from('o\nlast'));
  log.close();
  expect(await read()).toBe('one\nfrom stderr\ntwo\nlast\n');
});

test('a very long line is stored in parts and read as one', async () => {
  const log = open();
  const long = '€'.repeat(40_000);
  put(log, long, 'after');
  log.close();
  expect(await read()).toBe(`${long}\nafter\n`);
});

test.each<[string, Partial<LogQuery>, string]>([
  ['tailLines', { tailLines: 2 }, 'c\nd\n'],
  ['no lines', { tailLines: 0 }, ''],
  ['more than there are', { tailLines: 99 }, 'a\nb\nc\nd\n'],
  ['since', { since: Date.parse('2026-01-01T00:00:02.000Z') }, 'c\nd\n'],
  ['limitBytes', { limitBytes: 3 }, 'a\nb'],
  ['timestamps', { tailLines: 1, timestamps: true }, '2026-01-01T00:00:03.000Z d\n'],
])('%s', async (_what, query, expected) => {
  const log = open();
  put(log, 'a', 'b', 'c', 'd');
  log.close();
  expect(await read(query)).toBe(expected);
});

test('old files are rotated away, and a reader sees across them', async () => {
  const log = open(200);
  put(log, ...Array.from({ length: 40 }, (_, index) => `line ${index}`));
  log.close();
  expect(readdirSync(directory).sort()).toEqual(['1.log', '1.log.1', '1.log.2']);
  const lines = (await read()).trim().split('\n');
  expect(lines.at(-1)).toBe('line 39');
  expect(lines).toEqual(
    Array.from({ length: lines.length }, (_, index) => `line ${40 - lines.length + index}`),
  );
});

test('a follower gets each line once, over rotations, and ends with the container', async () => {
  const log = open(300);
  put(log, 'before');
  const followed = read({ follow: true }, log);
  const expected = ['before'];
  for (let index = 0; index < 30; index += 1) {
    put(log, `line ${index}`);
    expected.push(`line ${index}`);
    if (index % 5 === 0) await delay(5);
  }
  log.close();
  expect(await followed).toBe(`${expected.join('\n')}\n`);
});

test('a follower that leaves is let go', async () => {
  const log = open();
  const left = new AbortController();
  const followed = read({ follow: true }, log, left.signal);
  put(log, 'seen');
  await delay(20);
  left.abort();
  expect(await followed).toBe('seen\n');
  log.close();
});

test('the tail for a termination message', async () => {
  const log = open();
  put(log, ...Array.from({ length: 100 }, (_, index) => `line ${index}`));
  log.close();
  expect(await logTail(path, { lines: 2, bytes: 2048 })).toBe('line 98\nline 99');
  expect(await logTail(path, { lines: 80, bytes: 7 })).toBe('line 99');
});
