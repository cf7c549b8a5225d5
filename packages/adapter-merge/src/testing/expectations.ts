import { join } from 'node:path';
import { readBaseShapes } from '../base/shapes.ts';
import { fuseAdapters, readFactors } from '../fuse.ts';
import { readGgufHeader } from '../gguf/header.ts';
import { writeGgufAdapter } from '../gguf/adapter-writer.ts';
import { mergeIntoBase } from '../merge/merge-into-base.ts';
import { readPeftAdapter } from '../peft/adapter.ts';
import { writePeftAdapter } from '../peft/writer.ts';
import { readGgufFloat32 } from './read-gguf.ts';
import { fuseVectors, multiply, readAll, relativeError, transposed } from './vectors.ts';

/** Largest error of each tensor, relative to its largest number; Infinity for one that only one side has. */
export type Errors = ReadonlyMap<string, number>;

/** Names of the tensors that differ from PEFT's by more than fp32 arithmetic explains. */
export function namesBeyondTolerance(errors: Errors): readonly string[] {
  return [...errors].filter(([, error]) => !(error <= 1e-6)).map(([name, error]) => `${name}: ${error}`);
}

/** One expectation file of a vector folder, and what it was made from. */
export interface VectorCase {
  readonly expected: string;
  readonly base: string;
  readonly adapters: readonly string[];
}

export const vectorCases: readonly VectorCase[] = [
  { expected: 'expected-llama', base: 'llama', adapters: ['plain', 'stable'] },
  { expected: 'expected-llama-untied', base: 'llama', adapters: ['plain', 'stable', 'embedded'] },
  { expected: 'expected-gpt2', base: 'gpt2', adapters: ['conv', 'conv2'] },
];

/** Writes the fused PEFT folder, reads it back, and compares every module with PEFT's own sum. */
export async function compareFusedPeft(
  vectors: string,
  { expected, adapters }: VectorCase,
  output: string,
): Promise<Errors> {
  await writePeftAdapter(await fuseVectors(vectors, adapters), output);
  const fused = fuseAdapters([{ adapter: await readPeftAdapter(output), strength: 1 }]);
  const deltas = await readDeltas(vectors, expected);
  const errors = new Map([...deltas.keys()].map((name) => [name, Infinity]));
  for (const [name, module] of fused.modules) {
    const product = multiply(await readFactors(module), module.rank);
    const isTransposed = module.kind === 'embedding' || fused.fanInFanOut;
    const actual = isTransposed ? transposed(product, module.outFeatures) : product;
    errors.set(name, relativeError(actual, deltas.get(name) ?? []));
  }
  return errors;
}

/** Writes the GGUF LoRA, reads it back, and compares every tensor pair; q and k in llama.cpp's row order. */
export async function compareGguf(vectors: string, output: string): Promise<Errors> {
  const fused = await fuseVectors(vectors, ['plain', 'stable']);
  await writeGgufAdapter(fused, output, { architecture: 'llama', headCount: 4, keyValueHeadCount: 2 });
  const header = await readGgufHeader(output);
  const errors = new Map(
    [...header.tensors.keys()].map((name) => [name.replace(/\.lora_[ab]$/, ''), Infinity]),
  );
  const expected = await readAll(join(vectors, 'expected-llama.safetensors'));
  const names: Readonly<Record<string, string>> = {
    q_proj: 'attn_q',
    k_proj: 'attn_k',
    v_proj: 'attn_v',
    o_proj: 'attn_output',
    gate_proj: 'ffn_gate',
    up_proj: 'ffn_up',
    down_proj: 'ffn_down',
  };
  for (const name of fused.modules.keys()) {
    const [, layer, last = ''] = /layers\.(\d+)\..*\.(\w+)$/.exec(name) ?? [];
    const tensor = `blk.${layer}.${names[last]}.weight`;
    const [a, b] = [
      await readGgufFloat32(header, `${tensor}.lora_a`),
      await readGgufFloat32(header, `${tensor}.lora_b`),
    ];
    const delta = expected.get(`${name}:gguf`) ?? expected.get(name) ?? new Float32Array();
    errors.set(tensor, relativeError(multiply({ a, b }, fused.rank), delta));
  }
  return errors;
}

/** Merges into the fp32 base and compares every tensor of the result with base + delta. */
export async function compareMerged(
  vectors: string,
  { expected, base, adapters }: VectorCase,
  output: string,
): Promise<Errors> {
  const baseDirectory = join(vectors, base);
  await mergeIntoBase({
    baseDirectory,
    fused: await fuseVectors(vectors, adapters),
    outputDirectory: output,
  });
  const deltas = await readDeltas(vectors, expected);
  const before = await readAll(join(baseDirectory, 'model.safetensors'));
  const shapes = await readBaseShapes(output);
  const errors = new Map<string, number>();
  for (const { name, file } of shapes.tensors.values()) {
    const actual = (await readAll(file)).get(name) as Float32Array;
    const original = before.get(name) ?? before.get('model.embed_tokens.weight') ?? new Float32Array();
    const delta = deltas.get(name.replace(/\.weight$/, ''));
    const sum = delta ? original.map((value, index) => value + (delta[index] as number)) : original;
    errors.set(name, relativeError(actual, sum));
  }
  return errors;
}

export async function readDeltas(
  vectors: string,
  expected: string,
): Promise<ReadonlyMap<string, Float32Array>> {
  const all = await readAll(join(vectors, `${expected}.safetensors`));
  return new Map([...all].filter(([name]) => name !== 'logits' && !name.endsWith(':gguf')));
}
