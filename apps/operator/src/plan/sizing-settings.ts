import type { Workspace } from '@kaito-ts/api-types';
import type { ModelRecord, RuntimeRecord } from '@kaito-ts/preset-catalog';
import type { ServingConfig } from './config.ts';
import { settingsOfFlags, type SizingSettings } from '@kaito-ts/gpu-sizing';
import { flagsInForce } from '@kaito-ts/preset-catalog';

export interface SettingsInput {
  readonly workspace: Workspace;
  readonly model: ModelRecord;
  readonly runtime: RuntimeRecord;
  readonly config: ServingConfig | undefined;
}

/** What the model's record, inference_config.yaml and the adapters change in the account; the config wins over the record. */
export function sizingSettings({ workspace, model, runtime, config }: SettingsInput): SizingSettings {
  const engine = runtime.engine as ModelRecord['runtimes'][number];
  const flags = flagsInForce(runtime, [
    model.dtype === undefined ? {} : { dtype: model.dtype },
    model.engineArguments?.[engine] ?? {},
    config?.settings ?? {},
  ]);
  const settings = settingsOfFlags(engine, flags);
  const adapters = workspace.inference?.adapters?.length ?? 0;
  if (adapters === 0 || engine !== 'vllm') return settings;
  const told = flags.get('max-lora-rank');
  const asked = told?.kind === 'text' ? Number(told.text) : 0;
  const slots = flags.get('max-loras');
  return {
    ...settings,
    loraSlots: slots?.kind === 'text' ? Number(slots.text) : 1,
    loraRank: slotRank(runtime, Math.max(asked, adapters * usualAdapterRank)),
  };
}

/** Ranks are told by the adapters' own files, which nobody has read yet; vLLM's default slot has the same. */
const usualAdapterRank = 16;

/** The fused adapter has the sum of the ranks, and a slot is one of the sizes that vLLM knows. */
function slotRank(runtime: RuntimeRecord, rank: number): number {
  const sizes = (runtime.findFlag('max-lora-rank')?.choices ?? []).filter((size) => typeof size === 'number');
  return sizes.toSorted((left, right) => left - right).find((size) => size >= rank) ?? rank;
}
