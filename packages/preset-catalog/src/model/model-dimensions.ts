import { isJsonObject, type JsonObject, type JsonValue } from '../json-value.ts';
import type { ModelFacts } from './model-facts.ts';

/** The sizes that every decoder has, read from whichever key its config.json uses; absent = unknown. */
export interface ModelDimensions {
  readonly hiddenSize?: number;
  readonly layers?: number;
  readonly attentionHeads?: number;
  readonly keyValueHeads?: number;
  readonly headDimension?: number;
  readonly intermediateSize?: number;
  readonly vocabularySize?: number;
  readonly maxPositionEmbeddings?: number;
  readonly tieWordEmbeddings?: boolean;
  readonly dtype?: string;
}

/** Keys in the order of preference; families named the same size differently. */
const keysOf = {
  hiddenSize: ['hidden_size', 'n_embd', 'd_model', 'dim'],
  layers: ['num_hidden_layers', 'n_layer', 'n_layers', 'num_layers'],
  attentionHeads: ['num_attention_heads', 'n_head', 'n_heads'],
  keyValueHeads: ['num_key_value_heads', 'num_kv_heads', 'n_head_kv', 'n_kv_heads'],
  headDimension: ['head_dim', 'attention_head_dim'],
  intermediateSize: ['intermediate_size', 'ffn_hidden_size', 'n_inner', 'hidden_dim'],
  vocabularySize: ['vocab_size'],
  maxPositionEmbeddings: [
    'max_position_embeddings',
    'n_positions',
    'max_seq_len',
    'seq_length',
    'model_max_length',
    'max_sequence_length',
    'n_ctx',
  ],
} as const satisfies Record<string, readonly string[]>;

type SizeName = keyof typeof keysOf;

/** Where multimodal models keep the config of their language model. */
const languageModelKeys = ['text_config', 'llm_config', 'language_config'] as const;

/** The part of config.json that describes the language model; the outer keys stay visible below it. */
export function languageModelConfig(config: JsonObject): JsonObject {
  const thinker = config['thinker_config'];
  const outer = isJsonObject(thinker) ? thinker : config;
  const nested = languageModelKeys.map((key) => outer[key]).find((value) => isJsonObject(value));
  return nested === undefined ? outer : { ...outer, ...nested };
}

const known = new WeakMap<JsonObject, ModelDimensions>();

export function readDimensions({ config }: ModelFacts): ModelDimensions {
  if (config === undefined) return {};
  const dimensions = known.get(config) ?? dimensionsOf(languageModelConfig(config));
  known.set(config, dimensions);
  return dimensions;
}

function dimensionsOf(config: JsonObject): ModelDimensions {
  const sizes: Partial<Record<SizeName, number>> = {};
  for (const name of Object.keys(keysOf) as SizeName[]) {
    const size = firstNumber(config, keysOf[name]);
    if (size !== undefined) sizes[name] = size;
  }
  return {
    ...sizes,
    ...layersFromPattern(config, sizes),
    ...keyValueHeadsByDefault(config, sizes),
    ...headDimensionByDefault(config, sizes),
    ...tieWordEmbeddings(config),
    ...dtype(config),
  };
}

function firstNumber(config: JsonObject, keys: readonly string[]): number | undefined {
  return keys
    .map((key) => config[key])
    .find((value) => typeof value === 'number' && Number.isFinite(value)) as number | undefined;
}

function layersFromPattern(
  config: JsonObject,
  { layers }: { layers?: number },
): Pick<ModelDimensions, 'layers'> {
  if (layers !== undefined) return {};
  const pattern = config['layers_block_type'] ?? config['layer_types'] ?? config['hybrid_override_pattern'];
  return typeof pattern === 'string' || Array.isArray(pattern) ? { layers: pattern.length } : {};
}

/** Transformers' own rule: `multi_query` means one, and an absent number means as many as attention heads. */
function keyValueHeadsByDefault(
  config: JsonObject,
  { keyValueHeads, attentionHeads }: { keyValueHeads?: number; attentionHeads?: number },
): Pick<ModelDimensions, 'keyValueHeads'> {
  // Falcon's older layout has one key-value head whatever `num_kv_heads` says.
  if (config['multi_query'] === true && config['new_decoder_architecture'] !== true)
    return { keyValueHeads: 1 };
  return keyValueHeads !== undefined || attentionHeads === undefined ? {} : { keyValueHeads: attentionHeads };
}

function headDimensionByDefault(
  config: JsonObject,
  sizes: { headDimension?: number; hiddenSize?: number; attentionHeads?: number },
): Pick<ModelDimensions, 'headDimension'> {
  const { headDimension, hiddenSize, attentionHeads } = sizes;
  if (headDimension !== undefined || hiddenSize === undefined || attentionHeads === undefined) return {};
  // Latent attention splits heads by its own keys; a quotient would be no fact.
  if (config['kv_lora_rank'] !== undefined && config['kv_lora_rank'] !== null) return {};
  return hiddenSize % attentionHeads === 0 ? { headDimension: hiddenSize / attentionHeads } : {};
}

function tieWordEmbeddings(config: JsonObject): Pick<ModelDimensions, 'tieWordEmbeddings'> {
  const value = config['tie_word_embeddings'];
  return typeof value === 'boolean' ? { tieWordEmbeddings: value } : {};
}

function dtype(config: JsonObject): Pick<ModelDimensions, 'dtype'> {
  const value: JsonValue | undefined = config['dtype'] ?? config['torch_dtype'];
  return typeof value === 'string' ? { dtype: value.replace(/^torch\./, '') } : {};
}
