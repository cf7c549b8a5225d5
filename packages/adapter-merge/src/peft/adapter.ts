import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { AdapterError, type AdapterErrorCode, asAdapterError } from '../errors.ts';
import { isFloat } from '../floats.ts';
import type { TensorInfo } from '../safetensors/header.ts';
import { openSafetensors, type SafetensorsFile } from '../safetensors/reader.ts';
import { type PeftConfig, readPeftConfig } from './config.ts';
import { rankAndAlphaOf } from './module-patterns.ts';
import { classifyTensor, type Factor, type ModuleKind } from './tensor-names.ts';

export const weightsFileName = 'adapter_model.safetensors';

/** One B·A pair. A linear module has A of rank × in and B of out × rank; an embedding's in is its vocabulary. */
export interface LoraModule {
  readonly name: string;
  readonly kind: ModuleKind;
  readonly rank: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** alpha/rank, or alpha/√rank. */
  readonly scale: number;
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

/** A LoRA adapter as PEFT saved it, checked; its numbers stay on disk until they are asked for. */
export interface PeftAdapter {
  readonly directory: string;
  readonly config: PeftConfig;
  readonly file: SafetensorsFile;
  readonly modules: ReadonlyMap<string, LoraModule>;
  /** Copies of base tensors that PEFT adds when an embedding is adapted: module name → tensor. They change nothing while the base still holds the same. */
  readonly baseCopies: ReadonlyMap<string, TensorInfo>;
}

/** Reads an adapter folder. Throws {@link AdapterError} unless every tensor and option is understood. */
export async function readPeftAdapter(directory: string): Promise<PeftAdapter> {
  const config = await readPeftConfig(directory);
  const [first] = config.unsupported;
  if (first) {
    const message = `${first.option}: ${JSON.stringify(first.value)} is not supported: ${first.reason}`;
    throw new AdapterError(message, { code: 'ConfigUnsupported', file: config.file, hint: unsupportedHint });
  }
  const file = await openWeights(directory);
  const { pairs, baseCopies } = collectPairs(file);
  const expected = rankAndAlphaOf([...pairs.keys()], config);
  const modules = new Map<string, LoraModule>();
  for (const [name, pair] of pairs) {
    const { rank, alpha } = expected.get(name) as { rank: number; alpha: number };
    const module = toModule(file, { name, pair, alpha, config });
    if (module.rank !== rank)
      throw refuse(file, 'RankMismatch', `has rank ${module.rank}, ${config.file} says ${rank}`, pair.a.name);
    modules.set(name, module);
  }
  return { directory, config, file, modules, baseCopies };
}

const unsupportedHint =
  'merge this adapter into its base with PEFT (merge_and_unload) and serve the result as a model';

async function openWeights(directory: string): Promise<SafetensorsFile> {
  const path = join(directory, weightsFileName);
  if (await exists(path)) return asAdapterError(() => openSafetensors(path));
  const pickle = join(directory, 'adapter_model.bin');
  if (await exists(pickle)) {
    const hint = `load the adapter with PEFT and save it again; it then writes ${weightsFileName}`;
    throw new AdapterError('is a Python pickle, which may run code when read', {
      code: 'PickleRefused',
      file: pickle,
      hint,
    });
  }
  const hint = `an adapter folder holds adapter_config.json and ${weightsFileName}`;
  throw new AdapterError('does not exist', { code: 'WeightsMissing', file: path, hint });
}

interface Pair {
  readonly kind: ModuleKind;
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

function collectPairs(file: SafetensorsFile): {
  readonly pairs: ReadonlyMap<string, Pair>;
  readonly baseCopies: ReadonlyMap<string, TensorInfo>;
} {
  const halves = new Map<string, { kind: ModuleKind } & Partial<Record<Factor, TensorInfo>>>();
  const baseCopies = new Map<string, TensorInfo>();
  for (const tensor of file.tensors.values()) {
    const role = classifyTensor(tensor.name);
    if (role.role === 'unsupported') throw refuse(file, 'TensorUnsupported', role.reason, tensor.name);
    if (role.role === 'baseCopy') {
      baseCopies.set(role.module, tensor);
      continue;
    }
    const half = halves.get(role.module) ?? { kind: role.kind };
    if (half.kind !== role.kind)
      throw refuse(file, 'TensorUnsupported', 'the module has linear and embedding factors', tensor.name);
    half[role.factor] = tensor;
    halves.set(role.module, half);
  }
  const pairs = new Map<string, Pair>();
  for (const [name, { kind, a, b }] of [...halves].toSorted(([left], [right]) => (left < right ? -1 : 1))) {
    if (!a || !b)
      throw refuse(file, 'PairIncomplete', `has no ${a ? 'B' : 'A'} beside it`, (a ?? b)?.name ?? name);
    pairs.set(name, { kind, a, b });
  }
  if (pairs.size === 0) throw refuse(file, 'TensorMissing', 'holds no LoRA tensors');
  return { pairs, baseCopies };
}

function toModule(
  file: SafetensorsFile,
  { name, pair, alpha, config }: { name: string; pair: Pair; alpha: number; config: PeftConfig },
): LoraModule {
  const { kind, a, b } = pair;
  for (const tensor of [a, b]) {
    if (!isFloat(tensor.dtype))
      throw refuse(
        file,
        'DataTypeUnknown',
        `${tensor.dtype} is no format of LoRA factors (F32, F16, BF16)`,
        tensor.name,
      );
    if (tensor.shape.length !== 2 || tensor.shape.includes(0))
      throw refuse(file, 'ShapeInvalid', `shape [${tensor.shape.join(', ')}] is not a matrix`, tensor.name);
  }
  const [rank, inFeatures] = a.shape as readonly [number, number];
  const [outFeatures, otherRank] = b.shape as readonly [number, number];
  if (rank !== otherRank)
    throw refuse(file, 'ShapeInvalid', `has ${otherRank} columns, but A has ${rank} rows`, b.name);
  const scale = alpha / (config.rankStabilized ? Math.sqrt(rank) : rank);
  return { name, kind, rank, inFeatures, outFeatures, scale, a, b };
}

function refuse(
  file: SafetensorsFile,
  code: AdapterErrorCode,
  message: string,
  tensor?: string,
): AdapterError {
  const hint =
    code === 'TensorUnsupported'
      ? unsupportedHint
      : 'save the adapter again with PEFT (model.save_pretrained)';
  return new AdapterError(message, {
    code,
    file: file.path,
    hint,
    ...(tensor === undefined ? {} : { tensor }),
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
