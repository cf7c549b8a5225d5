import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { countLines, readRooms, repository, sourceFiles, type Room } from './rooms.ts';

const rooms = readRooms();
const folderOf = (name: string): string => rooms.find((room) => room.name === name)?.folder ?? '';

describe.each(rooms)('$folder', (room: Room) => {
  test('depends in package.json on exactly what tsconfig.json references', () => {
    expect(room.dependencies).toEqual(room.references);
  });

  test('is named after its folder', () => {
    expect(room.name).toBe(`@kaito-ts/${room.folder.split('/')[1]}`);
  });

  test('leans only on rooms it may know', () => {
    const forbidden = room.dependencies.filter((name) => !mayKnow(room.folder, folderOf(name)));
    expect(forbidden).toEqual([]);
  });
});

test('rooms that could be published alone know nothing of this product', () => {
  const alone = new Set(
    ['kube-runtime', 'adapter-merge', 'local-cluster', 'process-kubelet'].map((name) => `@kaito-ts/${name}`),
  );
  const knowing = rooms
    .filter(({ name }) => alone.has(name))
    .flatMap(({ name, dependencies }) => dependencies.map((to) => ({ name, to })))
    .filter(({ to }) => !alone.has(to))
    .map(({ name, to }) => `${name} -> ${to}`);
  expect(knowing).toEqual([]);
});

test('the median source file is at most 120 lines', () => {
  const lengths = sourceFiles()
    .map(countLines)
    .toSorted((a, b) => a - b);
  expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(120);
});

test('no file is a drawer', () => {
  const drawers = sourceFiles().filter((file) => /\/(utils?|helpers?|common|misc)(\.ts|\/)/.test(file));
  expect(drawers).toEqual([]);
});

test('no committed file names a path of the machine it was written on', () => {
  const files = execFileSync(
    'git',
    ['ls-files', '-z', '--', '*.ts', '*.mjs', '*.sh', '*.md', '*.yaml', '*.json'],
    {
      cwd: repository,
      encoding: 'utf8',
    },
  );
  // Spelled in parts, so that this file does not find itself.
  const machinePath = new RegExp(
    `(^|[^A-Za-z0-9_.-])/(${['wo', 'rk'].join('')}/(main|shared)|${['ro', 'ot'].join('')}/\\.)`,
  );
  const naming = files
    .split('\0')
    .filter((file) => file !== '')
    .filter((file) => machinePath.test(readFileSync(join(repository, file), 'utf8')));
  expect(naming).toEqual([]);
});

function mayKnow(from: string, to: string): boolean {
  if (from.startsWith('tools/')) return true;
  if (to.startsWith('tools/')) return false;
  return from.startsWith('apps/') || !to.startsWith('apps/');
}
