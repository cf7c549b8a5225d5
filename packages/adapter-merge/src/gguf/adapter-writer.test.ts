import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBaseShapes } from '../base/shapes.ts';
import { fuseAdapters } from '../fuse.ts';
import { readPeftAdapter } from '../peft/adapter.ts';
import { compareGguf, namesBeyondTolerance } from '../testing/expectations.ts';
import { readGgufFloat32 } from '../testing/read-gguf.ts';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { committedVectors, demoModel, fuseVectors } from '../testing/vectors.ts';
import { writeGgufAdapter } from './adapter-writer.ts';
import { readGgufHeader } from './header.ts';

const output = temporaryDirectory();

describe('writeGgufAdapter', () => {
  it('equals what PEFT computed, rows of q and k reordered as llama.cpp wants them', async () => {
    const errors = await compareGguf(committedVectors, join(output, 'llama.gguf'));
    expect(errors.size).toBe(14);
    expect(namesBeyondTolerance(errors)).toEqual([]);
  });

  it('names and shapes tensors as the script that trained the demo adapter did', async () => {
    const adapter = await readPeftAdapter(join(demoModel, 'own-pirate'));
    const file = join(output, 'pirate.gguf');
    await writeGgufAdapter(
      fuseAdapters([{ adapter, strength: 1 }]),
      file,
      await readBaseShapes(join(demoModel, 'own-base.gguf')),
    );
    const [ours, theirs] = [
      await readGgufHeader(file),
      await readGgufHeader(join(demoModel, 'own-pirate.gguf')),
    ];
    const shapes = (header: typeof ours): unknown =>
      Object.fromEntries([...header.tensors.values()].map(({ name, shape }) => [name, shape]));
    expect(shapes(ours)).toEqual(shapes(theirs));
    expect(ours.metadata.get('general.architecture')).toBe('qwen2');
    // Their alpha is 16 at rank 8; ours is 8, with the scale of 2 inside B.
    for (const name of ours.tensors.keys()) {
      const scale = name.endsWith('lora_b') ? 2 : 1;
      const expected = (await readGgufFloat32(theirs, name)).map((value) => value * scale);
      expect(await readGgufFloat32(ours, name)).toEqual(expected);
    }
  });

  it.each([
    [
      'an architecture it does not know',
      ['plain'],
      { architecture: 'mamba' },
      { code: 'ArchitectureUnsupported', mention: 'mamba' },
    ],
    [
      'a base that hides its heads',
      ['plain'],
      { architecture: 'llama' },
      { code: 'ArchitectureUnsupported', mention: 'heads' },
    ],
    [
      'heads that do not divide the rows',
      ['plain'],
      { architecture: 'llama', headCount: 5 },
      { code: 'ModuleUnsupported', mention: 'rows' },
    ],
    [
      'an adapted embedding',
      ['embedded'],
      { architecture: 'qwen2' },
      { code: 'ModuleUnsupported', mention: 'embed_tokens' },
    ],
    [
      'a module without counterpart',
      ['conv'],
      { architecture: 'qwen2' },
      { code: 'ModuleUnsupported', mention: 'c_attn' },
    ],
  ] as const)('refuses %s', async (_name, adapters, target, { code, mention }) => {
    const write = writeGgufAdapter(
      await fuseVectors(committedVectors, adapters),
      join(output, 'refused.gguf'),
      target,
    );
    await expect(write).rejects.toMatchObject({ code, message: expect.stringContaining(mention) as string });
  });
});
