import { isJsonObject, languageModelConfig, type JsonObject } from '@kaito-ts/preset-catalog';
import { SizingInputError } from '../errors.ts';
import { readerOf, type ConfigReader } from './config-reader.ts';
import { feedForwardOf } from './feed-forwards.ts';
import { layerKinds } from './layer-kinds.ts';
import { isLatent, mixersOf } from './mixers.ts';
import type { Layer, Mixer, ModelShape } from './model-shape.ts';
import { lengthsOf, ropeCachesOf } from './positions.ts';
import { visionTowerOf } from './vision.ts';

/** Reads config.json into the parts that take memory; what it does not understand it lists under `unknown`. */
export function readModelShape(published: JsonObject): ModelShape {
  const source = deepLanguageModel(published);
  const config = readerOf(source);
  const architecture = architectureOf(published);
  const hiddenSize = config.required('hidden_size', 'n_embd', 'd_model', 'dim');
  const count = layerCount(config);
  const kinds = layerKinds(config, count, architecture);
  const encoder = isEncoderOnly(architecture);
  const context = { config, architecture, hiddenSize, layers: kinds.length };
  const layers = kinds.map((kind, index): Layer => ({
    mixers: mixersOf(context, kind, index),
    feedForward: feedForwardOf(context, kind, index),
  }));
  const crossed = encoder
    ? asEncoder(layers)
    : config.flag('is_encoder_decoder') === true
      ? withCrossAttention(layers)
      : layers;
  const vision = visionTowerOf(published, hiddenSize);
  return {
    architecture,
    modelType: config.text('model_type') ?? '',
    hiddenSize,
    vocabulary: config.required('vocab_size'),
    layers: crossed,
    hasHead: /ForCausalLM|ForConditionalGeneration|LMHead|VL_V2|ForImageText/.test(architecture) && !encoder,
    tiedEmbeddings: tied(published, config, architecture),
    dtype: dtypeOf(published, config),
    lengths: lengthsOf(config),
    ropeCaches: ropeCachesOf(config, architecture, layers),
    tableElements: tableElements(config, count, hiddenSize),
    wholeElements: wholeElements(config, layers, hiddenSize),
    draftLayers: draftLayers(config, count),
    softcapsLogits: (config.number('final_logit_softcapping') ?? 0) > 0,
    multimodal: vision !== undefined || /ForConditionalGeneration$|VL|Vision/.test(architecture),
    prefixLanguageModel: /^Gemma[34]ForConditional|^PaliGemma|^Gemma4Unified/.test(architecture),
    vision,
    encoderTokens: config.number('max_source_positions'),
    stateDtype: config.text('mamba_ssm_cache_dtype', 'mamba_ssm_dtype'),
    unknown: unknownParts(config, kinds, published),
  };
}

const languageModelKeys = [
  'text_config',
  'llm_config',
  'language_config',
  'text_model',
  'language_model',
] as const;

/** Some multimodal models nest the language model twice, or under a key of their own. */
function deepLanguageModel(published: JsonObject): JsonObject {
  const first = languageModelConfig(published);
  const nested = languageModelKeys
    .map((key) => first[key])
    .find((value) => isJsonObject(value) && !('text_config' in first && value === first['text_config']));
  return isJsonObject(nested) && nested['hidden_size'] !== undefined ? { ...first, ...nested } : first;
}

function architectureOf(published: JsonObject): string {
  const names = published['architectures'];
  const name = Array.isArray(names) ? names[0] : undefined;
  if (typeof name === 'string') return name;
  throw new SizingInputError('MISSING_KEY', 'architectures', 'config.json names no architecture');
}

/** The deepest published model has 126. */
const mostLayers = 4096;

function layerCount(config: ConfigReader): number {
  const count = config.number('num_hidden_layers', 'n_layer', 'n_layers', 'num_layers', 'decoder_layers');
  if (count !== undefined && !(Number.isInteger(count) && count >= 1 && count <= mostLayers))
    throw new SizingInputError(
      'BAD_INPUT',
      'num_hidden_layers',
      `must be a whole number of 1 to ${mostLayers}, not ${count}`,
    );
  if (count !== undefined) return count;
  const list = config.list('layers_block_type') ?? config.list('layer_types');
  const length = list?.length ?? config.text('hybrid_override_pattern')?.length;
  if (length === undefined)
    throw new SizingInputError('MISSING_KEY', 'num_hidden_layers', 'is not in config.json');
  return length;
}

function isEncoderOnly(architecture: string): boolean {
  return (
    /(Bert|Roberta|ModernBert|NomicBert|Gte)(Model|For)/i.test(architecture) && !/Causal/.test(architecture)
  );
}

function asEncoder(layers: readonly Layer[]): readonly Layer[] {
  return layers.map((layer) => replaceMixers(layer, (mixer) => [asEncoderMixer(mixer)]));
}

function asEncoderMixer(mixer: Mixer): Mixer {
  return mixer.kind === 'attention' ? { ...mixer, reach: 'encoder' } : mixer;
}

function replaceMixers(layer: Layer, change: (mixer: Mixer) => readonly Mixer[]): Layer {
  return { feedForward: layer.feedForward, mixers: layer.mixers.flatMap(change) };
}

function withCrossAttention(layers: readonly Layer[]): readonly Layer[] {
  return layers.map((layer) =>
    replaceMixers(layer, (mixer) =>
      mixer.kind === 'attention' ? [mixer, { ...mixer, reach: 'cross' }] : [mixer],
    ),
  );
}

/** Families whose config class ties the head to the embedding when the key is absent. */
const tiedByDefault =
  /^(Gemma|GPT2|GPTBigCode|OPT|Bloom|Mamba(For)|Cohere|Falcon(For)|Whisper|GraniteMoeHybrid|Gemma3n|Lfm2|MPT)/;

function tied(published: JsonObject, config: ConfigReader, architecture: string): boolean {
  const outer = published['tie_word_embeddings'];
  const inner = config.flag('tie_word_embeddings');
  return inner ?? (typeof outer === 'boolean' ? outer : tiedByDefault.test(architecture));
}

function dtypeOf(published: JsonObject, config: ConfigReader): string | undefined {
  const outer = published['dtype'] ?? published['torch_dtype'];
  const value = config.text('dtype', 'torch_dtype') ?? (typeof outer === 'string' ? outer : undefined);
  return value?.replace(/^torch\./, '');
}

/** DeepSeek V4 lists the ratios of its draft layers after those of the model. */
function draftLayers(config: ConfigReader, layers: number): number {
  const beyond = (config.list('compress_ratios')?.length ?? 0) - layers;
  return Math.max(
    beyond,
    config.number('num_nextn_predict_layers', 'mtp_num_hidden_layers', 'num_mtp_layers') ?? 0,
  );
}

/** Per-layer embeddings (Gemma 3n and 4), learned positions, token types. */
function tableElements(config: ConfigReader, layers: number, hiddenSize: number): number {
  const perLayer = config.number('hidden_size_per_layer_input') ?? 0;
  const vocabulary = config.number('vocab_size_per_layer_input') ?? config.number('vocab_size') ?? 0;
  const embeddings = perLayer * vocabulary * layers;
  const projections = perLayer > 0 ? perLayer * hiddenSize * layers : 0;
  const learned = /^(gpt2|opt|bert|roberta|xlm-roberta)$/.test(config.text('model_type') ?? '');
  const encoderLayers = config.number('encoder_layers') ?? 0;
  const encoder =
    encoderLayers *
    (4 * hiddenSize ** 2 + 2 * hiddenSize * (config.number('encoder_ffn_dim') ?? 4 * hiddenSize));
  const positions = learned ? (config.number('max_position_embeddings', 'n_positions') ?? 0) * hiddenSize : 0;
  return embeddings + projections + positions + encoder;
}

/** Per-layer input gates are whole on every rank, and so are the maps between residual streams. */
function wholeElements(config: ConfigReader, layers: readonly Layer[], hiddenSize: number): number {
  const perLayer = config.number('hidden_size_per_layer_input') ?? 0;
  const streams = config.number('hc_mult') ?? 0;
  const joined = config.list('hybrid_layer_ids')?.length ?? 0;
  const joins = config.has('adapter_rank') ? joined * hiddenSize ** 2 : 0;
  const mixing = streams > 0 ? 2 * 2 * (streams * streams + 2 * streams) * streams * hiddenSize : 0;
  return layers.length * (2 * perLayer * hiddenSize + mixing + 2 * hiddenSize) + joins;
}

function unknownParts(
  config: ConfigReader,
  kinds: readonly string[],
  published: JsonObject,
): readonly string[] {
  const missing = kinds.includes('unknown') ? ['layer_types'] : [];
  const ratios = config.list('compress_ratios') ?? [];
  const strange = ratios.some((ratio) => ratio !== 0 && ratio !== 4 && ratio !== 128)
    ? ['compress_ratios']
    : [];
  const engram = Object.keys(config.source).some((key) => key.startsWith('engram_')) ? ['engram_*'] : [];
  const audio = isJsonObject(published['audio_config']) ? ['audio_config'] : [];
  const sparse = config.has('index_topk') && !isLatent(config) && ratios.length === 0 ? ['index_topk'] : [];
  const widths = [
    'intermediate_size',
    'intermediate_size_mlp',
    'ffn_hidden_size',
    'n_inner',
    'ffn_dim',
    'decoder_ffn_dim',
    'block_ff_dim',
    'moe_intermediate_size',
  ];
  const fourfold = /^(GPT|Falcon|Bloom|MPT|Dbrx|Mamba|CodeGen)/.test(architectureOf(published));
  const width = widths.some((key) => config.has(key)) || fourfold ? [] : ['intermediate_size'];
  return [...missing, ...width, ...strange, ...engram, ...audio, ...sparse];
}
