import { expect, test } from 'vitest';
import { processTree, readProcess, readProcessTable, type ProcessEntry } from './process-table.ts';

function entry(pid: number, parentPid: number): ProcessEntry {
  return { pid, parentPid, startTime: String(pid), commandLine: [], residentBytes: 0 };
}

test('a tree is the process and all that descend from it', () => {
  const table = [entry(1, 0), entry(2, 1), entry(3, 2), entry(4, 1), entry(5, 9)];
  expect(processTree(table, 2).map(({ pid }) => pid)).toEqual([2, 3]);
  expect(processTree(table, 1).map(({ pid }) => pid)).toEqual([1, 2, 3, 4]);
  expect(processTree(table, 7)).toEqual([]);
});

test('this very process is in the table, with its memory and parent', async () => {
  const self = (await readProcessTable()).find(({ pid }) => pid === process.pid);
  expect(self?.parentPid).toBe(process.ppid);
  expect(self?.residentBytes).toBeGreaterThan(10 * 1024 * 1024);
  expect(await readProcess(process.pid)).toMatchObject({ startTime: self?.startTime });
});

test('a process that is gone is not there', async () => {
  expect(await readProcess(2 ** 22 + 1)).toBeUndefined();
});
