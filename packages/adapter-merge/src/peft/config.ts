import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AdapterError } from '../errors.ts';
import { findUnsupportedOptions, type UnsupportedOption } from './unsupported-options.ts';

export const configFileName = 'adapter_config.json';

const rank = z.int().min(1).max(65_536);
const alpha = z.number();

const ConfigSchema = z.looseObject({
  peft_type: z.string(),
  peft_version: z.string().nullish(),
  base_model_name_or_path: z.string().nullish(),
  task_type: z.string().nullish(),
  r: rank,
  lora_alpha: alpha,
  use_rslora: z.boolean().nullish(),
  rank_pattern: z.record(z.string().max(1024), rank).nullish(),
  alpha_pattern: z.record(z.string().max(1024), alpha).nullish(),
  fan_in_fan_out: z.boolean().nullish(),
});

/** The settings of `adapter_config.json` that change the mathematics, under spelled-out names. */
export interface PeftConfig {
  readonly file: string;
  readonly peftType: string;
  readonly peftVersion?: string;
  readonly baseModel?: string;
  readonly taskType?: string;
  readonly rank: number;
  readonly alpha: number;
  /** scale = alpha/√rank instead of alpha/rank. */
  readonly rankStabilized: boolean;
  /** Regular expressions over module names; the first that matches wins. */
  readonly rankPattern: ReadonlyMap<string, number>;
  readonly alphaPattern: ReadonlyMap<string, number>;
  /** The base stores its weights as in × out (GPT-2). */
  readonly fanInFanOut: boolean;
  /** Options that make the adapter more than Σ scale·B·A. Not empty: the adapter cannot be fused. */
  readonly unsupported: readonly UnsupportedOption[];
  /** Unknown options that were ignored because they look like plain settings. */
  readonly ignored: readonly string[];
}

/** Reads `adapter_config.json`; its unsupported options are listed, not thrown, so that an inspection can show them. */
export async function readPeftConfig(directory: string): Promise<PeftConfig> {
  const file = join(directory, configFileName);
  const parsed = ConfigSchema.safeParse(await readJson(file));
  if (!parsed.success) throw invalid(file, z.prettifyError(parsed.error).replaceAll('\n', ' '));
  const raw = parsed.data;
  const { unsupported, ignored } = findUnsupportedOptions(raw);
  return {
    file,
    peftType: raw.peft_type,
    ...(raw.peft_version ? { peftVersion: raw.peft_version } : {}),
    ...(raw.base_model_name_or_path ? { baseModel: raw.base_model_name_or_path } : {}),
    ...(raw.task_type ? { taskType: raw.task_type } : {}),
    rank: raw.r,
    alpha: raw.lora_alpha,
    rankStabilized: raw.use_rslora ?? false,
    rankPattern: new Map(Object.entries(raw.rank_pattern ?? {})),
    alphaPattern: new Map(Object.entries(raw.alpha_pattern ?? {})),
    fanInFanOut: raw.fan_in_fan_out ?? false,
    unsupported,
    ignored,
  };
}

/** A config of megabytes is no config. */
const maximumConfigBytes = 4_000_000;

async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new AdapterError(`cannot be read: ${(error as Error).message}`, {
      code: 'ConfigMissing',
      file,
      hint: 'an adapter is a folder with adapter_config.json and adapter_model.safetensors, as PEFT saves it',
    });
  }
  if (text.length > maximumConfigBytes) throw invalid(file, `is ${text.length} characters long`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(file, `is not JSON: ${(error as Error).message}`);
  }
}

function invalid(file: string, message: string): AdapterError {
  const hint = 'save the adapter again with PEFT (model.save_pretrained)';
  return new AdapterError(message, { code: 'ConfigInvalid', file, hint });
}
