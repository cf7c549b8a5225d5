import { basename } from 'node:path';
import { locateInBase } from '../base/check.ts';
import type { BaseShapes, BaseTensor } from '../base/shapes.ts';
import { AdapterError, type AdapterErrorCode } from '../errors.ts';
import { type FloatType, isFloat } from '../floats.ts';
import type { FusedAdapter, FusedModule, FusedPart } from '../fuse.ts';
import type { DataType } from '../safetensors/data-types.ts';
import type { TensorInfo } from '../safetensors/header.ts';
import type { SafetensorsFile } from '../safetensors/reader.ts';

/** A base tensor and what is added to it. */
export interface TensorChange {
  readonly shard: SafetensorsFile;
  readonly tensor: TensorInfo & { readonly dtype: FloatType };
  /** Absent: the numbers stay, only their place changes. */
  readonly module?: FusedModule;
  /** The base stores the update's transpose. */
  readonly transposed: boolean;
}

export interface MergePlan {
  /** In-place changes by shard file name; every other file is copied as it is. */
  readonly changes: ReadonlyMap<string, readonly TensorChange[]>;
  /**
   * A tied model has one matrix for input and output. Changing either means that the output gets its own,
   * made from the unchanged embedding.
   */
  readonly untiedOutput?: TensorChange;
}

const embedding = 'model.embed_tokens';
const output = 'lm_head';

/** Decides what changes where; reads nothing but headers. */
export function planMerge(fused: FusedAdapter, base: BaseShapes): MergePlan {
  refuseUnmergeable(base);
  const changes = new Map<string, TensorChange[]>();
  let untiedOutput: TensorChange | undefined;
  for (const module of fused.modules.values()) {
    const { adapter, module: source } = module.parts[0] as FusedPart;
    const where = { file: adapter.file.path, tensor: source.a.name, fanInFanOut: fused.fanInFanOut };
    const change = toChange(locateInBase(module, base, where), { base, module, fused });
    if (base.tiedEmbeddings && module.name === output) untiedOutput = change;
    else {
      const file = basename(change.shard.path);
      changes.set(file, [...(changes.get(file) ?? []), change]);
      if (base.tiedEmbeddings && module.kind === 'embedding') untiedOutput ??= untie(module, change);
    }
  }
  return { changes, ...(untiedOutput ? { untiedOutput } : {}) };
}

function untie(module: FusedModule, { shard, tensor }: TensorChange): TensorChange {
  if (module.name === embedding) return { shard, tensor, transposed: false };
  const message = `module ${module.name} is tied to an output matrix under an unknown name`;
  throw refuse('ModuleUnsupported', shard.path, message);
}

function toChange(
  located: BaseTensor,
  {
    base,
    module,
    fused,
  }: { readonly base: BaseShapes; readonly module: FusedModule; readonly fused: FusedAdapter },
): TensorChange {
  const shard = base.shards?.find(({ path }) => path === located.file) as SafetensorsFile;
  const tensor = shard.tensors.get(located.name) as TensorInfo;
  if (!isFloat(tensor.dtype))
    throw refuse(
      'BaseDataTypeUnsupported',
      shard.path,
      `has dtype ${tensor.dtype as DataType}; F32, F16 and BF16 can be merged`,
      tensor.name,
    );
  return {
    shard,
    tensor: { ...tensor, dtype: tensor.dtype },
    module,
    transposed: module.kind === 'embedding' || fused.fanInFanOut,
  };
}

function refuseUnmergeable(base: BaseShapes): void {
  if (base.format !== 'safetensors')
    throw refuse('BaseInvalid', base.path, 'only safetensors weights can be merged into');
  if (base.quantization !== undefined)
    throw refuse(
      'BaseQuantized',
      base.path,
      `is quantised (${base.quantization}); rounding an adapter into it would destroy it`,
    );
}

function refuse(code: AdapterErrorCode, file: string, message: string, tensor?: string): AdapterError {
  const hint = 'serve the adapter live, for example with vLLM';
  return new AdapterError(message, { code, file, hint, ...(tensor === undefined ? {} : { tensor }) });
}
