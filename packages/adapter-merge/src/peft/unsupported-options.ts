/** An option of `adapter_config.json` that a sum of B·A products cannot express. */
export interface UnsupportedOption {
  readonly option: string;
  readonly value: unknown;
  readonly reason: string;
}

/** Options with a meaning that a plain low-rank update does not have, whenever they are set to something truthy. */
const structural: Readonly<Record<string, string>> = {
  use_dora: 'DoRA rescales whole rows of the base weight',
  lora_bias: 'the adapter trains a bias beside B',
  modules_to_save: 'the adapter replaces whole modules of the base',
  trainable_token_indices: 'the adapter replaces single token embeddings',
  target_parameters: 'the adapter targets fused parameters (mixture of experts)',
  layer_replication: 'the adapter changes which layers the model has',
  alora_invocation_tokens: 'aLoRA acts only after an invocation sequence',
  use_qalora: 'QALoRA pools the input before A',
  use_bdlora: 'BD-LoRA uses block-diagonal factors',
  arrow_config: 'Arrow routes between adapters per token',
  kasa_config: 'KaSA changes the update and the base',
  velora_config: 'VeLoRA is not known to be a plain low-rank update',
  monteclora_config: 'MonteCLoRA samples its weights',
  megatron_config: 'Megatron layers are split over devices',
  ensure_weight_tying: 'the adapter ties its embedding and output updates',
};

/** Ways to initialise that leave the base as it is; all others (PiSSA, OLoRA, CorDA, LoftQ, LoRA-GA …) change it. */
const harmlessInitialisations = new Set(['gaussian', 'eva', 'orthogonal', 'mica', 'true', 'false']);

/** Options that say how the adapter was made or where it applies; the tensors on disk already show the result. */
const harmless = new Set([
  'auto_mapping',
  'base_model_name_or_path',
  'corda_config',
  'eva_config',
  'exclude_modules',
  'inference_mode',
  'layers_pattern',
  'layers_to_transform',
  'loftq_config',
  'lora_alpha',
  'lora_dropout',
  'lora_ga_config',
  'megatron_core',
  'peft_type',
  'peft_version',
  'qalora_group_size',
  'r',
  'rank_pattern',
  'alpha_pattern',
  'revision',
  'runtime_config',
  'target_modules',
  'task_type',
  'use_rslora',
  'fan_in_fan_out',
]);

/** Sorts the options into refused ones and unknown ones that can be ignored. */
export function findUnsupportedOptions(config: Readonly<Record<string, unknown>>): {
  readonly unsupported: readonly UnsupportedOption[];
  readonly ignored: readonly string[];
} {
  const unsupported: UnsupportedOption[] = [];
  const ignored: string[] = [];
  for (const [option, value] of Object.entries(config)) {
    const reason = reasonAgainst(option, value);
    if (reason !== undefined) unsupported.push({ option, value, reason });
    else if (isSet(value) && !harmless.has(option) && !known.has(option)) ignored.push(option);
  }
  return { unsupported, ignored };
}

const known = new Set(['bias', 'init_lora_weights', ...Object.keys(structural)]);

function reasonAgainst(option: string, value: unknown): string | undefined {
  if (option === 'peft_type')
    return value === 'LORA' ? undefined : `only LORA adapters can be added to weights`;
  if (option === 'bias')
    return isSet(value) && value !== 'none' ? 'the adapter replaces biases of the base' : undefined;
  if (option === 'init_lora_weights') {
    const harmlessInitialisation = !isSet(value) || harmlessInitialisations.has(String(value).toLowerCase());
    return harmlessInitialisation
      ? undefined
      : 'this initialisation changes the base weights; convert the adapter when saving it';
  }
  if (!isSet(value) || harmless.has(option)) return undefined;
  if (Object.hasOwn(structural, option)) return structural[option];
  return looksStructural(option, value) ? 'an option that this version does not know' : undefined;
}

/** PEFT grows options at every release: switches and nested settings change the forward pass, numbers and names rarely. */
function looksStructural(option: string, value: unknown): boolean {
  return typeof value === 'object' || option.startsWith('use_') || option.endsWith('_config');
}

function isSet(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Boolean(value);
  return Object.keys(value).length > 0;
}
