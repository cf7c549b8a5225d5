import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAll, writeFileAtomically } from '../atomic-file.ts';
import { AdapterError } from '../errors.ts';
import { fromFloat32 } from '../floats.ts';
import { type Factors, type FusedAdapter, type FusedModule, readFactors } from '../fuse.ts';
import { writeSafetensors, type TensorToWrite } from '../safetensors/writer.ts';
import { weightsFileName } from './adapter.ts';
import { configFileName } from './config.ts';
import { factorSuffixes, modulePrefix } from './tensor-names.ts';

/** Writes a PEFT folder in fp32 whose every scale is 1; PEFT and vLLM read the same numbers from it. */
export async function writePeftAdapter(fused: FusedAdapter, directory: string): Promise<void> {
  refuseEmpty(fused, directory);
  await mkdir(directory, { recursive: true });
  const tensors = [...fused.modules.values()].flatMap((module) => tensorsOf(module));
  await writeSafetensors(join(directory, weightsFileName), tensors);
  const config = `${JSON.stringify(configOf(fused), null, 2)}\n`;
  await writeFileAtomically(join(directory, configFileName), (handle) =>
    writeAll(handle, Buffer.from(config)),
  );
}

export function refuseEmpty(fused: FusedAdapter, file: string): void {
  if (fused.modules.size > 0) return;
  const hint = 'with all strengths 0 the base itself is what to serve';
  throw new AdapterError('every adapter has strength 0', { code: 'NothingToFuse', file, hint });
}

function tensorsOf(module: FusedModule): readonly TensorToWrite[] {
  const { name, kind, rank, inFeatures, outFeatures } = module;
  const factor = (which: keyof Factors, shape: readonly number[]): TensorToWrite => ({
    name: `${modulePrefix}${name}${factorSuffixes[kind][which]}`,
    dtype: 'F32',
    shape,
    data: async () => fromFloat32((await readFactors(module))[which], 'F32'),
  });
  return [factor('a', [rank, inFeatures]), factor('b', [outFeatures, rank])];
}

/** Modules that fewer adapters touch have a smaller rank: the patterns give them scale 1 too. */
function configOf(fused: FusedAdapter): Record<string, unknown> {
  const ragged = [...fused.modules.values()].filter((module) => module.rank !== fused.rank);
  const pattern = Object.fromEntries(
    ragged.map(({ name, rank }) => [`^${name.replaceAll('.', String.raw`\.`)}`, rank]),
  );
  const configs = fused.sources.map(({ adapter }) => adapter.config);
  return {
    alpha_pattern: pattern,
    base_model_name_or_path: configs.find(({ baseModel }) => baseModel !== undefined)?.baseModel ?? null,
    bias: 'none',
    fan_in_fan_out: fused.fanInFanOut,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: fused.rank,
    lora_dropout: 0,
    modules_to_save: null,
    peft_type: 'LORA',
    r: fused.rank,
    rank_pattern: pattern,
    target_modules: [
      ...new Set([...fused.modules.keys()].map((name) => name.slice(name.lastIndexOf('.') + 1))),
    ].sort(),
    task_type: configs.find(({ taskType }) => taskType !== undefined)?.taskType ?? null,
    use_dora: false,
    use_rslora: false,
  };
}
