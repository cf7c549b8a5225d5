import { expect, it } from 'vitest';
import { createProgram } from './command-line.ts';
import { projectImages } from './recipes.ts';

it.each([
  [['build', 'vllm'], 'argument'],
  [['build', '--builder', 'kaniko'], 'kaniko'],
  [['folder', '/tmp'], "missing required argument 'reference'"],
  [['build', 'launcher', '--push'], '--registry'],
])('refuses %j', async (args, message) => {
  const program = createProgram({ stdout: () => {}, stderr: () => {} });
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  await expect(program.parseAsync(args, { from: 'user' })).rejects.toThrow(message);
});

it('names the images as the operator asks for them', async () => {
  const references = Object.values(await projectImages()).map(({ reference }) => reference);
  expect(references).toEqual([
    expect.stringMatching(/^kaito-ts\/launcher:\d+\.\d+\.\d+$/),
    expect.stringMatching(/^kaito-ts\/operator:\d+\.\d+\.\d+$/),
    expect.stringMatching(/^kaito-ts\/llama-cpp:b\d+$/),
  ]);
});
