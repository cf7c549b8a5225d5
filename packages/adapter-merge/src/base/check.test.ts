import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AdapterError } from '../errors.ts';
import { readPeftAdapter } from '../peft/adapter.ts';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { committedVectors, demoModel } from '../testing/vectors.ts';
import { checkAgainstBase, findBaseMismatches } from './check.ts';
import { readBaseShapes } from './shapes.ts';

const output = temporaryDirectory();
const pirate = await readPeftAdapter(join(demoModel, 'own-pirate'));
const plain = await readPeftAdapter(join(committedVectors, 'plain'));
const embedded = await readPeftAdapter(join(committedVectors, 'embedded'));
const conv = await readPeftAdapter(join(committedVectors, 'conv'));

async function folder(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const directory = join(output, name);
  await mkdir(directory);
  for (const [file, text] of Object.entries(files)) await writeFile(join(directory, file), text);
  return directory;
}

describe('checkAgainstBase', () => {
  it.each([
    ['a safetensors folder', pirate, join(demoModel, 'own-base')],
    ['a GGUF file', pirate, join(demoModel, 'own-base.gguf')],
    ['a sharded folder', plain, join(committedVectors, 'llama-bfloat16')],
    ['a tied embedding and output', embedded, join(committedVectors, 'llama')],
    ['transposed layers', conv, join(committedVectors, 'gpt2')],
  ])('accepts what fits %s', async (_name, adapter, base) => {
    const shapes = await readBaseShapes(base);
    expect(findBaseMismatches(adapter, shapes)).toEqual([]);
    checkAgainstBase(adapter, shapes);
  });

  it.each([
    { what: 'other widths', adapter: plain, base: join(demoModel, 'own-base'), code: 'BaseShapeMismatch' },
    {
      what: 'other widths in GGUF',
      adapter: plain,
      base: join(demoModel, 'own-base.gguf'),
      code: 'BaseShapeMismatch',
    },
    {
      what: 'other module names',
      adapter: conv,
      base: join(demoModel, 'own-base'),
      code: 'BaseTensorMissing',
    },
    {
      what: 'other module names in GGUF',
      adapter: conv,
      base: join(demoModel, 'own-base.gguf'),
      code: 'ModuleUnsupported',
    },
  ] as const)('refuses a base with $what, naming the tensor', async ({ adapter, base, code }) => {
    const shapes = await readBaseShapes(base);
    const mismatches = findBaseMismatches(adapter, shapes);
    expect(mismatches.length).toBe(adapter.modules.size);
    const file = adapter.file.path;
    expect(() => checkAgainstBase(adapter, shapes)).toThrow(
      expect.objectContaining({
        code,
        file,
        tensor: expect.stringMatching(/^base_model\.model\./) as string,
      }) as Error,
    );
    expect(mismatches[0]).toBeInstanceOf(AdapterError);
  });
});

describe('readBaseShapes refuses', () => {
  it('what is not there, an empty folder and several GGUF files', async () => {
    for (const path of [
      join(output, 'absent'),
      await folder('empty', {}),
      await folder('two', { 'a.gguf': '', 'b.gguf': '' }),
    ])
      await expect(readBaseShapes(path)).rejects.toMatchObject({ code: 'BaseInvalid' });
  });

  it('an index that leads out of its folder', async () => {
    const index = JSON.stringify({ weight_map: { 'a.weight': '../secret.safetensors' } });
    await expect(
      readBaseShapes(await folder('escape', { 'model.safetensors.index.json': index })),
    ).rejects.toMatchObject({
      code: 'BaseInvalid',
      message: expect.stringContaining('plain file name') as string,
    });
  });

  it('an index that names a shard that is not there', async () => {
    const index = JSON.stringify({ weight_map: { 'a.weight': 'model-00001-of-00001.safetensors' } });
    await expect(
      readBaseShapes(await folder('missing', { 'model.safetensors.index.json': index })),
    ).rejects.toMatchObject({ code: 'FileUnreadable' });
  });

  it('a tensor in two shards', async () => {
    const directory = await folder('twice', {});
    for (const name of ['a.safetensors', 'b.safetensors'])
      await cp(join(committedVectors, 'llama/model.safetensors'), join(directory, name));
    await expect(readBaseShapes(directory)).rejects.toMatchObject({ code: 'BaseInvalid' });
  });
});
