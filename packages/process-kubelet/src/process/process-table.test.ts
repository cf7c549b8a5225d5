import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { endContainer } from './end-processes.ts';
import { containerMembers, markerVariable } from './members.ts';
import { parseStat, systemProcessTable, type ProcessEntry, type ProcessTable } from './process-table.ts';

test('a command name may hold spaces and parentheses', () => {
  const rest = Array.from({ length: 40 }, (_, index) => index + 3)
    .join(' ')
    .replace(/^3 4 5 6/, 'S 7 8 9');
  expect(parseStat(42, `42 (evil) S (name) ${rest}`)).toEqual({
    pid: 42,
    parentPid: 7,
    sessionId: 9,
    startTime: '22',
    isZombie: false,
  });
});

test.runIf(process.platform === 'linux')('this process is found, with its environment', () => {
  const table = systemProcessTable();
  expect(table.find(process.pid)?.parentPid).toBe(process.ppid);
  expect(table.list().some(({ pid }) => pid === process.pid)).toBe(true);
  expect(table.variable(process.pid, 'PATH')).toBeDefined();
  expect(table.find(2 ** 30)).toBeUndefined();
});

function tableOf(
  entries: readonly (Partial<ProcessEntry> & { pid: number; marker?: string })[],
): ProcessTable {
  const list = entries.map((entry): ProcessEntry => ({
    parentPid: 1,
    sessionId: 1,
    startTime: '5',
    isZombie: false,
    ...entry,
  }));
  return {
    bootId: 'b',
    list: () => list,
    find: (pid) => list.find((entry) => entry.pid === pid),
    variable: (pid) => entries.find((entry) => entry.pid === pid)?.marker,
  };
}
const target = { pid: 900_000, startTime: '5', marker: 'm' };

test.each<[string, readonly (Partial<ProcessEntry> & { pid: number; marker?: string })[], readonly number[]]>(
  [
    [
      'its session, marked processes and all their children',
      [
        { pid: 900_000, sessionId: 900_000 },
        { pid: 900_001, sessionId: 900_000 },
        { pid: 900_002, marker: 'm' },
        { pid: 900_003, parentPid: 900_002 },
        { pid: 900_004, marker: 'other' },
      ],
      [900_000, 900_001, 900_002, 900_003],
    ],
    ['its session after its leader is gone', [{ pid: 900_001, sessionId: 900_000 }], [900_001]],
    [
      'nothing of a stranger who got its pid',
      [
        { pid: 900_000, sessionId: 900_000, startTime: '99' },
        { pid: 900_001, sessionId: 900_000, startTime: '99' },
      ],
      [],
    ],
    ['no zombies', [{ pid: 900_000, sessionId: 900_000, isZombie: true }], []],
  ],
)('members: %s', (_what, entries, expected) => {
  expect(containerMembers(target, tableOf(entries)).map(({ pid }) => pid)).toEqual(expected);
});

test('the time to leave can be shortened while it runs', async () => {
  const table = systemProcessTable();
  const child = spawn('/bin/sh', ['-c', "trap '' TERM; while :; do sleep 75001; done"], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, [markerVariable]: 'test' },
  });
  const ended = once(child, 'exit');
  const pid = child.pid ?? 0;
  let deadline = performance.now() + 60_000;
  setTimeout(() => (deadline = performance.now()), 300);
  const began = performance.now();
  const left = await endContainer(
    { pid, startTime: table.find(pid)?.startTime ?? '', marker: 'test' },
    { table, deadline: () => deadline },
  );
  expect(left).toEqual([]);
  expect((await ended)[1]).toBe('SIGKILL');
  expect(performance.now() - began).toBeLessThan(20_000);
});
