import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fuseAdapters, readFactors } from './fuse.ts';
import { readPeftAdapter } from './peft/adapter.ts';
import { writePeftAdapter } from './peft/writer.ts';
import { compareFusedPeft, namesBeyondTolerance, vectorCases } from './testing/expectations.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';
import { committedVectors, demoModel, fuseVectors } from './testing/vectors.ts';

const output = temporaryDirectory();
const pirate = await readPeftAdapter(join(demoModel, 'own-pirate'));
const shout = await readPeftAdapter(join(demoModel, 'own-shout'));

describe('fuseAdapters', () => {
  it.each(vectorCases)('equals what PEFT computed: $expected', async (vectors) => {
    const errors = await compareFusedPeft(committedVectors, vectors, join(output, vectors.expected));
    expect(namesBeyondTolerance(errors)).toEqual([]);
  });

  it('stacks ranks module by module', async () => {
    const fused = await fuseVectors(committedVectors, ['plain', 'stable', 'embedded']);
    expect(fused.rank).toBe(4 + 5 + 2);
    const ranks = Object.fromEntries([...fused.modules].map(([name, { rank }]) => [name, rank]));
    expect(ranks).toMatchObject({
      'model.embed_tokens': 2,
      'model.layers.0.self_attn.q_proj': 4 + 2 + 2,
      'model.layers.1.self_attn.q_proj': 4 + 5 + 2,
      'model.layers.0.mlp.down_proj': 4 + 1,
      lm_head: 2,
    });
  });

  it('leaves out an adapter of strength 0', async () => {
    const fused = fuseAdapters([
      { adapter: pirate, strength: 1 },
      { adapter: shout, strength: 0 },
    ]);
    expect(fused.rank).toBe(8);
    expect(fused.sources).toHaveLength(1);
  });

  it('has nothing to write when every strength is 0', async () => {
    const fused = fuseAdapters([{ adapter: pirate, strength: 0 }]);
    expect(fused.modules.size).toBe(0);
    await expect(writePeftAdapter(fused, join(output, 'nothing'))).rejects.toMatchObject({
      code: 'NothingToFuse',
    });
  });

  it('puts strength and scale into B alone', async () => {
    const [name] = pirate.modules.keys();
    const at = async (strength: number): Promise<Float32Array[]> => {
      const module = fuseAdapters([{ adapter: pirate, strength }]).modules.get(name as string);
      const { a, b } = await readFactors(module as NonNullable<typeof module>);
      return [a, b];
    };
    const [[a1, b1], [a2, b2]] = (await Promise.all([at(1), at(0.5)])) as [
      [Float32Array, Float32Array],
      [Float32Array, Float32Array],
    ];
    expect(a2).toEqual(a1);
    expect(b2).toEqual(b1.map((value) => value / 2));
  });

  it('refuses adapters of different bases', async () => {
    const plain = await readPeftAdapter(join(committedVectors, 'plain'));
    const conv = await readPeftAdapter(join(committedVectors, 'conv'));
    const both =
      (adapter: typeof plain): (() => unknown) =>
      () =>
        fuseAdapters([
          { adapter: plain, strength: 1 },
          { adapter, strength: 1 },
        ]);
    expect(both(pirate)).toThrow(expect.objectContaining({ code: 'AdaptersDisagree' }) as Error);
    expect(both(conv)).toThrow(expect.objectContaining({ code: 'AdaptersDisagree' }) as Error);
  });

  it('refuses a strength that is no number', () => {
    expect(() => fuseAdapters([{ adapter: pirate, strength: Number.NaN }])).toThrow(RangeError);
  });
});
