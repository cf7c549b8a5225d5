import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBaseShapes } from '../base/shapes.ts';
import { fromFloat32, toFloat32 } from '../floats.ts';
import { compareMerged, namesBeyondTolerance, readDeltas, vectorCases } from '../testing/expectations.ts';
import { readSafetensors } from '../safetensors/reader.ts';
import { writeSafetensors } from '../safetensors/writer.ts';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { committedVectors, fuseVectors, readAll } from '../testing/vectors.ts';
import { mergeIntoBase } from './merge-into-base.ts';

const output = temporaryDirectory();
const fused = await fuseVectors(committedVectors, ['plain', 'stable']);
const llama = join(committedVectors, 'llama');

describe('mergeIntoBase', () => {
  it.each(vectorCases)('equals what PEFT computed: $expected', async (vectors) => {
    const errors = await compareMerged(committedVectors, vectors, join(output, vectors.expected));
    expect(namesBeyondTolerance(errors)).toEqual([]);
  });

  it.each([
    ['llama-bfloat16', 'BF16'],
    ['llama-float16', 'F16'],
  ] as const)('rounds a sharded %s base once, to nearest even', async (name, dtype) => {
    const baseDirectory = join(committedVectors, name);
    const outputDirectory = join(output, name);
    const { moved, elements } = await mergeIntoBase({ baseDirectory, fused, outputDirectory });
    expect(moved).toBeLessThanOrEqual(elements);
    expect((await readdir(outputDirectory)).filter((file) => file !== 'merge-manifest.json')).toEqual(
      await readdir(baseDirectory),
    );
    const deltas = await readDeltas(committedVectors, 'expected-llama');
    let different = 0;
    let compared = 0;
    for (const { name: tensor, file } of (await readBaseShapes(outputDirectory)).tensors.values()) {
      const actual = (await readAll(file)).get(tensor) as Float32Array;
      const before = (await readAll(file.replace(outputDirectory, baseDirectory))).get(
        tensor,
      ) as Float32Array;
      const delta = deltas.get(tensor.replace(/\.weight$/, ''));
      const sums = new Float32Array(before.map((value, index) => value + (delta?.[index] ?? 0)));
      const expected = toFloat32(fromFloat32(sums, dtype), dtype);
      // The sums themselves differ in their last fp32 bit, so that a tie may fall the other way.
      different += actual.filter((value, index) => value !== expected[index]).length;
      compared += actual.length;
    }
    expect(different / compared).toBeLessThan(0.005);
  });

  it('gives an adapted tied embedding an output matrix of its own', async () => {
    const outputDirectory = join(output, 'untied');
    await mergeIntoBase({
      baseDirectory: llama,
      fused: await fuseVectors(committedVectors, ['embedded']),
      outputDirectory,
    });
    const config = JSON.parse(await readFile(join(outputDirectory, 'config.json'), 'utf8')) as unknown;
    expect(config).toMatchObject({ tie_word_embeddings: false });
    const index = JSON.parse(
      await readFile(join(outputDirectory, 'model.safetensors.index.json'), 'utf8'),
    ) as unknown;
    expect(index).toMatchObject({ weight_map: { 'lm_head.weight': 'model-00002-of-00002.safetensors' } });
    expect((await readBaseShapes(outputDirectory)).tensors.has('lm_head.weight')).toBe(true);
  });

  it('does nothing when the same merge is there', async () => {
    const options = { baseDirectory: llama, fused, outputDirectory: join(output, 'again') };
    const first = await mergeIntoBase(options);
    await expect(mergeIntoBase(options)).resolves.toEqual({ ...first, reused: true });
  });

  it('replaces an earlier merge of other adapters', async () => {
    const outputDirectory = join(output, 'replaced');
    const first = await mergeIntoBase({ baseDirectory: llama, fused, outputDirectory });
    const other = await fuseVectors(committedVectors, ['plain']);
    const second = await mergeIntoBase({ baseDirectory: llama, fused: other, outputDirectory });
    expect(second).toMatchObject({ reused: false });
    expect(second.key).not.toBe(first.key);
    expect((await readdir(output)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('starts afresh after a crash', async () => {
    await mkdir(join(output, '.tmp-crashed'));
    await writeFile(join(output, '.tmp-crashed/model.safetensors'), 'half');
    const result = await mergeIntoBase({
      baseDirectory: llama,
      fused,
      outputDirectory: join(output, 'crashed'),
    });
    expect(result.reused).toBe(false);
  });

  it('leaves nothing behind when it is stopped', async () => {
    const stop = new AbortController();
    const outputDirectory = join(output, 'stopped');
    const merge = mergeIntoBase({
      baseDirectory: llama,
      fused,
      outputDirectory,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(merge).rejects.toThrow('enough');
    expect((await readdir(output)).filter((name) => name.includes('stopped'))).toEqual([]);
  });

  it('never touches a folder that is not its own', async () => {
    const outputDirectory = join(output, 'foreign');
    await mkdir(outputDirectory);
    await writeFile(join(outputDirectory, 'precious'), '');
    await expect(mergeIntoBase({ baseDirectory: llama, fused, outputDirectory })).rejects.toMatchObject({
      code: 'OutputExists',
    });
    expect(await readdir(outputDirectory)).toEqual(['precious']);
  });

  it('leaves other weight formats out of the copy', async () => {
    const baseDirectory = join(output, 'many-formats');
    await cp(llama, baseDirectory, { recursive: true });
    for (const name of ['model.gguf', 'pytorch_model.bin', 'adapter_model.safetensors', 'tokenizer.json'])
      await writeFile(join(baseDirectory, name), '{}');
    const outputDirectory = join(output, 'one-format');
    await mergeIntoBase({ baseDirectory, fused, outputDirectory });
    expect(await readdir(outputDirectory)).toEqual([
      'config.json',
      'generation_config.json',
      'merge-manifest.json',
      'model.safetensors',
      'tokenizer.json',
    ]);
  });

  it('refuses a quantised base, an empty sum and a base of another shape', async () => {
    const quantized = join(output, 'quantized');
    await cp(llama, quantized, { recursive: true });
    await writeFile(
      join(quantized, 'config.json'),
      JSON.stringify({ quantization_config: { quant_method: 'gptq' } }),
    );
    const merge = async (baseDirectory: string, adapters = fused): Promise<unknown> =>
      mergeIntoBase({ baseDirectory, fused: adapters, outputDirectory: join(output, 'refused') });
    await expect(merge(quantized)).rejects.toMatchObject({ code: 'BaseQuantized' });
    await expect(merge(llama, await fuseVectors(committedVectors, []))).rejects.toMatchObject({
      code: 'NothingToFuse',
    });
    await expect(merge(join(committedVectors, 'gpt2'))).rejects.toMatchObject({ code: 'BaseTensorMissing' });
  });

  it('refuses an adapter that brings another embedding than the base has', async () => {
    const directory = join(output, 'trained-embedding');
    await cp(committedVectors, directory, { recursive: true });
    const file = join(directory, 'embedded/adapter_model.safetensors');
    const { tensors, data } = await readSafetensors(file);
    const name = 'base_model.model.model.embed_tokens.base_layer.weight';
    data.get(name)?.set([1, 2, 3, 64]);
    const same = [...tensors.values()].map(({ name: tensor, dtype, shape }) => ({
      name: tensor,
      dtype,
      shape,
      data: data.get(tensor) ?? new Uint8Array(),
    }));
    await writeSafetensors(file, same);
    const adapters = await fuseVectors(directory, ['embedded']);
    const merge = mergeIntoBase({
      baseDirectory: llama,
      fused: adapters,
      outputDirectory: join(output, 'refused'),
    });
    await expect(merge).rejects.toMatchObject({ code: 'BaseShapeMismatch', tensor: name, file });
  });
});
