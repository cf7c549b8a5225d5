import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createProgram } from './command-line.ts';

function run(...args: string[]): Promise<{ readonly stdout: string[]; readonly error: unknown }> {
  const stdout: string[] = [];
  const program = createProgram({ stdout: (line) => stdout.push(line), stderr: () => {}, env: {} });
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  return program.parseAsync(args, { from: 'user' }).then(
    () => ({ stdout, error: undefined }),
    (error: unknown) => ({ stdout, error }),
  );
}

it.each([
  [['up'], 'required option'],
  [['up', '--state', 'x', '--port', '0'], 'no port'],
  [['up', '--state', 'x', '--nodes', '4'], 'kwok:4'],
  [['up', '--state', 'x', '--frobnicate'], 'unknown option'],
])('refuses %j', async (args, message) => {
  expect(String((await run(...args)).error)).toContain(message);
});

it('says that nothing runs where nothing was started, and ends nothing there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'real-cluster-'));
  expect((await run('down', '--state', folder)).error).toBeUndefined();
  const { stdout } = await run('status', '--state', folder);
  expect(stdout).toEqual(['{"running":false,"components":{},"routes":[]}']);
  process.exitCode = 0;
  await rm(folder, { recursive: true });
});
