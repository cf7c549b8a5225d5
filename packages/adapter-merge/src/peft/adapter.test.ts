import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fuseAdapters } from '../fuse.ts';
import { readSafetensors } from '../safetensors/reader.ts';
import { type TensorToWrite, writeSafetensors } from '../safetensors/writer.ts';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { committedVectors, demoModel } from '../testing/vectors.ts';
import { readPeftAdapter } from './adapter.ts';
import { inspectAdapter } from './inspect.ts';
import { writePeftAdapter } from './writer.ts';

const output = temporaryDirectory();
let count = 0;

/** A copy of the demo's pirate adapter with some options set. */
async function adapterWith(options: Readonly<Record<string, unknown>>): Promise<string> {
  const directory = join(output, `adapter-${(count += 1)}`);
  await cp(join(demoModel, 'own-pirate'), directory, { recursive: true });
  const file = join(directory, 'adapter_config.json');
  const config = JSON.parse(await readFile(file, 'utf8')) as object;
  await writeFile(file, JSON.stringify({ ...config, ...options }));
  return directory;
}

/** The same with other tensors. */
async function adapterOf(change: (tensors: TensorToWrite[]) => readonly TensorToWrite[]): Promise<string> {
  const directory = await adapterWith({});
  const file = join(directory, 'adapter_model.safetensors');
  const { tensors, data } = await readSafetensors(file);
  await writeSafetensors(
    file,
    change(
      [...tensors.values()].map(({ name, dtype, shape }) => ({
        name,
        dtype,
        shape,
        data: data.get(name) as Uint8Array,
      })),
    ),
  );
  return directory;
}

const q = 'base_model.model.model.layers.0.self_attn.q_proj';
const added = (name: string, shape: readonly number[] = [2]): TensorToWrite => ({
  name,
  dtype: 'F32',
  shape,
  data: new Uint8Array(shape.reduce((product, size) => product * size, 4)),
});

describe('options of adapter_config.json', () => {
  it.each([
    ['use_dora', true],
    ['bias', 'all'],
    ['bias', 'lora_only'],
    ['lora_bias', true],
    ['modules_to_save', ['lm_head']],
    ['trainable_token_indices', [1, 2]],
    ['target_parameters', ['mlp.experts.gate_up_proj']],
    ['layer_replication', [[0, 2]]],
    ['alora_invocation_tokens', [1]],
    ['use_qalora', true],
    ['use_bdlora', { nblocks: 2 }],
    ['arrow_config', { top_k: 2 }],
    ['kasa_config', { beta: 1 }],
    ['ensure_weight_tying', true],
    ['init_lora_weights', 'pissa_niter_16'],
    ['init_lora_weights', 'olora'],
    ['init_lora_weights', 'corda'],
    ['init_lora_weights', 'loftq'],
    ['peft_type', 'IA3'],
    ['use_something_new', true],
    ['something_config', { a: 1 }],
  ])('%s: %j is refused by name', async (option, value) => {
    const error = {
      name: 'AdapterError',
      code: 'ConfigUnsupported',
      message: expect.stringContaining(option) as string,
    };
    await expect(readPeftAdapter(await adapterWith({ [option]: value }))).rejects.toMatchObject(error);
  });

  it.each([
    ['init_lora_weights', 'gaussian'],
    ['init_lora_weights', false],
    ['modules_to_save', []],
    ['loftq_config', {}],
    ['eva_config', { rho: 2 }],
    ['qalora_group_size', 16],
    ['exclude_modules', ['lm_head']],
    ['layers_to_transform', [0, 1]],
    ['something_new', 16],
    ['use_something_new', false],
  ])('%s: %j is harmless', async (option, value) => {
    await expect(readPeftAdapter(await adapterWith({ [option]: value }))).resolves.toBeDefined();
  });

  it.each([
    ['r', 0],
    ['r', '8'],
    ['lora_alpha', null],
    ['rank_pattern', { q_proj: 1.5 }],
    ['alpha_pattern', ['x']],
    ['rank_pattern', { '(': 3 }],
    ['alpha_pattern', { '((\\w|\\.)+)+!': 3 }],
  ])('%s: %j is invalid', async (option, value) => {
    const directory = await adapterWith({ [option]: value });
    await expect(readPeftAdapter(directory)).rejects.toMatchObject({
      code: 'ConfigInvalid',
      file: join(directory, 'adapter_config.json'),
    });
  });

  it('takes the first pattern that matches, as a regular expression at the end of the name', async () => {
    const { modules } = await readPeftAdapter(
      await adapterWith({
        alpha_pattern: { 'layers\\.0\\..*': 32, q_proj: 64, proj: 128, '^model.layers.2.mlp.up_proj': 4 },
      }),
    );
    const scale = (name: string): number | undefined => modules.get(`model.layers.${name}`)?.scale;
    expect(scale('0.self_attn.q_proj')).toBe(4);
    expect(scale('1.self_attn.q_proj')).toBe(8);
    expect(scale('1.self_attn.k_proj')).toBe(2);
    expect(scale('2.mlp.up_proj')).toBe(0.5);
  });

  it('divides by the root of the rank for rsLoRA', async () => {
    const { modules } = await readPeftAdapter(await adapterWith({ use_rslora: true }));
    expect([...modules.values()].map(({ scale }) => scale)).toEqual(
      Array.from({ length: 21 }, () => 16 / Math.sqrt(8)),
    );
  });
});

describe('files', () => {
  it.each([
    ['adapter_config.json', 'ConfigMissing'],
    ['adapter_model.safetensors', 'WeightsMissing'],
  ])('without %s there is no adapter', async (name, code) => {
    const directory = await adapterWith({});
    await rm(join(directory, name));
    await expect(readPeftAdapter(directory)).rejects.toMatchObject({ code, file: join(directory, name) });
  });

  it('never opens a pickle', async () => {
    const directory = await adapterWith({});
    await rm(join(directory, 'adapter_model.safetensors'));
    await writeFile(join(directory, 'adapter_model.bin'), '');
    await expect(readPeftAdapter(directory)).rejects.toMatchObject({ code: 'PickleRefused' });
  });

  it('names the file that was cut short', async () => {
    const directory = await adapterWith({});
    const file = join(directory, 'adapter_model.safetensors');
    await writeFile(file, (await readFile(file)).subarray(0, -100));
    await expect(readPeftAdapter(directory)).rejects.toMatchObject({
      name: 'AdapterError',
      code: 'FileTruncated',
      file,
    });
  });

  it.each(['', '[]', '{', '{"peft_type":"LORA"}'])('a config of %j is invalid', async (text) => {
    const directory = join(output, `config-${(count += 1)}`);
    await mkdir(directory);
    await writeFile(join(directory, 'adapter_config.json'), text);
    await expect(readPeftAdapter(directory)).rejects.toMatchObject({ code: 'ConfigInvalid' });
  });
});

describe('tensors', () => {
  it.each([
    ['a DoRA magnitude', added(`${q}.lora_magnitude_vector`), 'TensorUnsupported'],
    ['a bias of B', added(`${q}.lora_B.bias`), 'TensorUnsupported'],
    ['a trained bias', added(`${q}.base_layer.bias`), 'TensorUnsupported'],
    ['a saved module', added('base_model.model.lm_head.weight'), 'TensorUnsupported'],
    [
      'trained tokens',
      added('base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta'),
      'TensorUnsupported',
    ],
    [
      'experts',
      added('base_model.model.model.layers.0.mlp.experts.lora_A.weight', [2, 2]),
      'TensorUnsupported',
    ],
    ['a name without prefix', added('model.q_proj.lora_A.weight'), 'TensorUnsupported'],
    ['an A without B', added('base_model.model.x.lora_A.weight', [8, 2]), 'PairIncomplete'],
  ])('%s is refused by name', async (_name, tensor, code) => {
    const directory = await adapterOf((tensors) => [...tensors, tensor]);
    await expect(readPeftAdapter(directory)).rejects.toMatchObject({ code, tensor: tensor.name });
  });

  it.each([
    ['integers', { dtype: 'I32' }, 'DataTypeUnknown'],
    ['a vector', { shape: [8 * 128] }, 'ShapeInvalid'],
    ['a rank that contradicts B', { shape: [16, 64] }, 'ShapeInvalid'],
  ] as const)('%s cannot be a factor', async (_name, change, code) => {
    const name = `${q}.lora_A.weight`;
    const directory = await adapterOf((tensors) =>
      tensors.map((tensor) => (tensor.name === name ? { ...tensor, ...change } : tensor)),
    );
    await expect(readPeftAdapter(directory)).rejects.toMatchObject({ code });
  });

  it('a rank that contradicts the config is refused', async () => {
    await expect(readPeftAdapter(await adapterWith({ r: 4 }))).rejects.toMatchObject({
      code: 'RankMismatch',
    });
  });

  it.each([Number.NaN, Infinity])('%d is found before it is written', async (value) => {
    const name = `${q}.lora_B.weight`;
    const directory = await adapterOf((tensors) =>
      tensors.map((tensor) => {
        if (tensor.name !== name) return tensor;
        const values = new Float32Array(128 * 8);
        values[77] = value;
        return { ...tensor, data: new Uint8Array(values.buffer) };
      }),
    );
    const fused = fuseAdapters([{ adapter: await readPeftAdapter(directory), strength: 1 }]);
    const broken = {
      code: 'NotFinite',
      tensor: name,
      message: expect.stringContaining('element 77') as string,
    };
    await expect(writePeftAdapter(fused, join(output, 'broken'))).rejects.toMatchObject({
      name: 'AdapterError',
      ...broken,
    });
    await expect(inspectAdapter(directory)).resolves.toMatchObject({ usable: false, problems: [broken] });
  });
});

describe('inspectAdapter', () => {
  it('describes an adapter', async () => {
    expect(await inspectAdapter(join(committedVectors, 'stable'))).toMatchObject({
      usable: true,
      problems: [],
      peftType: 'LORA',
      rank: 3,
      alpha: 5,
      rankStabilized: true,
      dtypes: ['F32'],
      modules: 14,
      targets: expect.arrayContaining([
        { name: 'q_proj', modules: 2, ranks: [2, 5], scales: [5 / Math.sqrt(5), 5 / Math.sqrt(2)] },
      ]) as unknown,
    });
  });

  it('lists what is wrong instead of throwing', async () => {
    await expect(inspectAdapter(join(output, 'absent'))).resolves.toMatchObject({
      usable: false,
      problems: [{ code: 'ConfigMissing' }],
    });
    const inspection = await inspectAdapter(await adapterWith({ use_dora: true, something_new: 3 }));
    expect(inspection).toMatchObject({
      usable: false,
      rank: 8,
      problems: [{ code: 'ConfigUnsupported' }],
      ignoredOptions: ['something_new'],
    });
  });
});
