import type { JsonValue } from '@kaito-ts/preset-catalog';
import type { ConfigReader } from './config-reader.ts';

export type LayerKind =
  | 'full'
  | 'sliding'
  | 'chunked'
  | 'latent'
  | 'linear'
  | 'mamba'
  | 'convolution'
  | 'hybrid'
  | 'feedForward'
  | 'experts'
  | 'unknown';

const kindOfName: Readonly<Record<string, LayerKind>> = {
  full_attention: 'full',
  attention: 'full',
  global: 'full',
  sliding_attention: 'sliding',
  local: 'sliding',
  chunked_attention: 'chunked',
  linear_attention: 'linear',
  mamba: 'mamba',
  mamba2: 'mamba',
  conv: 'convolution',
  hybrid: 'hybrid',
  mlp: 'feedForward',
  moe: 'experts',
  deepseek_sparse_attention: 'latent',
  minimax_m3_sparse: 'full',
};

function kindOf(name: JsonValue): LayerKind {
  return (typeof name === 'string' ? kindOfName[name] : undefined) ?? 'unknown';
}

const kindOfLetter: Readonly<Record<string, LayerKind>> = {
  M: 'mamba',
  '*': 'full',
  '-': 'feedForward',
  E: 'experts',
};

/** One kind per layer, from whichever of the many notations the config uses. */
export function layerKinds(config: ConfigReader, layers: number, architecture: string): readonly LayerKind[] {
  if (/^(Mamba|Mamba2|FalconMamba)For/.test(architecture)) return filled(layers, 'mamba');
  // Every layer has attention and a state side by side.
  if (architecture.startsWith('FalconH1')) return filled(layers, 'hybrid');
  const named = config.list('layer_types') ?? config.list('layers_block_type');
  if (named !== undefined) return named.slice(0, layers).map((name) => kindOf(name));
  const pattern = config.text('hybrid_override_pattern');
  if (pattern !== undefined) return Array.from(pattern, (letter) => kindOfLetter[letter] ?? 'unknown');
  return (
    fromIndices(config, layers) ??
    fromPeriods(config, layers) ??
    fromWindows(config, layers, architecture) ??
    filled(layers, 'full')
  );
}

function fromIndices(config: ConfigReader, layers: number): readonly LayerKind[] | undefined {
  const binary = config.list('attn_type_list');
  if (binary !== undefined) return binary.slice(0, layers).map((kind) => (kind === 1 ? 'full' : 'linear'));
  const windows = config.list('hybrid_layer_pattern');
  if (windows !== undefined) return windows.slice(0, layers).map((kind) => (kind === 0 ? 'full' : 'sliding'));
  const attention = config.list('attn_layer_indices');
  if (attention !== undefined)
    return indexed(layers, (index) => (attention.includes(index) ? 'full' : 'mamba'));
  const linear = config.object('linear_attn_config')?.list('full_attn_layers');
  if (linear !== undefined) {
    const first =
      linear.includes(0) || config.object('linear_attn_config')?.list('kda_layers')?.includes(0) ? 0 : 1;
    return indexed(layers, (index) => (linear.includes(index + first) ? 'full' : 'linear'));
  }
  return undefined;
}

function fromPeriods(config: ConfigReader, layers: number): readonly LayerKind[] | undefined {
  const period = config.number('attn_layer_period');
  if (period !== undefined) {
    const offset = config.number('attn_layer_offset') ?? 0;
    return indexed(layers, (index) => (index % period === offset ? 'full' : 'mamba'));
  }
  const interval = config.number('full_attention_interval');
  if (interval !== undefined && config.has('linear_num_value_heads')) {
    return indexed(layers, (index) => ((index + 1) % interval === 0 ? 'full' : 'linear'));
  }
  const chunk = config.number('attention_chunk_size');
  if (chunk !== undefined) {
    const step = config.number('no_rope_layer_interval') ?? 4;
    return indexed(layers, (index) => ((index + 1) % step === 0 ? 'full' : 'chunked'));
  }
  return undefined;
}

/** Families whose published configs leave the pattern to their code: every n-th layer sees everything. */
const patternByDefault: Readonly<Record<string, number>> = {
  Gemma3ForCausalLM: 6,
  Gemma3ForConditionalGeneration: 6,
  Cohere2ForCausalLM: 4,
};

/** Families that take `sliding_window` for every layer; all others ignore the key without a pattern. */
const slidesEverywhere = /^(Mistral|Ministral|Pixtral|Phi3|PhiMoE|Phi4|Starcoder2|StarCoder2|Mixtral)/;

function fromWindows(
  config: ConfigReader,
  layers: number,
  architecture: string,
): readonly LayerKind[] | undefined {
  if (config.number('sliding_window') === undefined && !/^Gemma[23]/.test(architecture)) return undefined;
  if (architecture.startsWith('Gemma2'))
    return indexed(layers, (index) => (index % 2 === 0 ? 'sliding' : 'full'));
  const letters = config.text('sliding_window_pattern');
  if (letters !== undefined) {
    return indexed(layers, (index) => (letters[index % letters.length] === 'L' ? 'sliding' : 'full'));
  }
  const every = config.number('sliding_window_pattern') ?? patternByDefault[architecture];
  if (every !== undefined)
    return indexed(layers, (index) => ((index + 1) % every === 0 ? 'full' : 'sliding'));
  if (config.flag('use_sliding_window') === true) {
    const from = config.number('max_window_layers') ?? 0;
    return indexed(layers, (index) => (index >= from ? 'sliding' : 'full'));
  }
  return slidesEverywhere.test(architecture) ? filled(layers, 'sliding') : undefined;
}

function indexed(layers: number, kind: (index: number) => LayerKind): readonly LayerKind[] {
  return Array.from({ length: layers }, (_, index) => kind(index));
}

function filled(layers: number, kind: LayerKind): readonly LayerKind[] {
  return indexed(layers, () => kind);
}
