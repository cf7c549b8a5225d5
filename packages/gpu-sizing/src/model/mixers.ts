import type { ConfigReader } from './config-reader.ts';
import type { LayerKind } from './layer-kinds.ts';
import type { AttentionMixer, LatentMixer, Mixer } from './model-shape.ts';

/** Query, key and value projections with a bias that no key tells. */
const biasByFamily = /^(Qwen2|Qwen1|GPT2|GPTBigCode|OPT|Bloom|Phi(For|3?V)|Whisper|Bert|Roberta|XLMRoberta)/;

export interface MixerContext {
  readonly config: ConfigReader;
  readonly architecture: string;
  readonly hiddenSize: number;
  readonly layers: number;
}

export function mixersOf(context: MixerContext, kind: LayerKind, index: number): readonly Mixer[] {
  const { config } = context;
  switch (kind) {
    case 'full':
    case 'sliding':
    case 'chunked':
      if (config.list('compress_ratios') !== undefined) return [compressed(context, index)];
      return isLatent(config) ? [latent(context, index)] : [attention(context, kind, index)];
    case 'latent':
      return [latent(context, index)];
    case 'linear':
      return [linear(context)];
    case 'mamba':
      return [stateSpace(context)];
    case 'convolution':
      return [
        {
          kind: 'shortConvolution',
          width: config.number('conv_dim') ?? context.hiddenSize,
          kernel: config.number('conv_L_cache') ?? 3,
        },
      ];
    case 'hybrid':
      return [stateSpace(context), attention(context, 'full', index)];
    case 'feedForward':
    case 'experts':
    case 'unknown':
      break;
  }
  return [];
}

export function headsOf(config: ConfigReader): number {
  return config.required('num_attention_heads', 'n_head', 'n_heads', 'num_heads', 'decoder_attention_heads');
}

export function isLatent(config: ConfigReader): boolean {
  return config.number('kv_lora_rank') !== undefined && (config.number('kv_lora_rank') ?? 0) > 0;
}

function attention(
  { config, architecture, hiddenSize, layers }: MixerContext,
  reach: 'full' | 'sliding' | 'chunked',
  index: number,
): AttentionMixer {
  const heads = headsOf(config);
  const nested = config.object('attn_config');
  const base = {
    heads,
    keyValueHeads: keyValueHeads(config) ?? nested?.number('kv_n_heads') ?? heads,
    headSize: config.number('head_dim', 'attention_head_dim', 'kv_channels') || hiddenSize / heads,
  };
  const own = { ...base, ...variant(config, reach, base) };
  const span = reach === 'chunked' ? config.number('attention_chunk_size') : windowOf(config);
  const sharedLayers = config.number('num_kv_shared_layers') ?? 0;
  return {
    kind: 'attention',
    reach,
    ...(reach !== 'full' && span !== undefined && { span }),
    valueSize: own.headSize,
    outputGate: config.flag('attn_output_gate') ?? /^Qwen3(Next|_5)/.test(architecture),
    shared: index >= layers - sharedLayers,
    bias: config.flag('attention_bias') ?? config.flag('qkv_bias') ?? biasByFamily.test(architecture),
    ...own,
    ...(config.has('attention_hidden_size') && {
      inputWidth: config.required('attention_hidden_size'),
      reusedWeights: true,
    }),
  };
}

/** Layers of one kind with head counts or sizes of their own (Gemma 4, MiMo V2). */
function variant(
  config: ConfigReader,
  reach: AttentionMixer['reach'],
  base: Pick<AttentionMixer, 'heads' | 'keyValueHeads' | 'headSize'>,
): Partial<AttentionMixer> {
  if (reach === 'full' && config.has('global_head_dim')) {
    const headSize = config.required('global_head_dim');
    const keyValue =
      config.flag('attention_k_eq_v') === true ? config.number('num_global_key_value_heads') : undefined;
    return {
      headSize,
      valueSize: headSize,
      keyValueHeads: keyValue ?? base.keyValueHeads,
      ...(keyValue !== undefined && { valuesCopied: true }),
    };
  }
  const valueSize = config.number('v_head_dim');
  if (reach === 'sliding' && config.has('swa_num_key_value_heads')) {
    const headSize = config.number('swa_head_dim') ?? base.headSize;
    return {
      heads: config.number('swa_num_attention_heads') ?? base.heads,
      keyValueHeads: config.required('swa_num_key_value_heads'),
      headSize,
      valueSize: config.number('swa_v_head_dim') ?? valueSize ?? headSize,
    };
  }
  return valueSize === undefined ? {} : { valueSize };
}

function keyValueHeads(config: ConfigReader): number | undefined {
  if (config.flag('multi_query') === true && config.flag('new_decoder_architecture') !== true) return 1;
  return config.number('num_key_value_heads', 'num_kv_heads', 'n_head_kv', 'n_kv_heads');
}

function windowOf(config: ConfigReader): number | undefined {
  return config.number('sliding_window', 'sliding_window_size');
}

function latent({ config }: MixerContext, index: number): LatentMixer {
  const size = config.number('index_head_dim');
  const types = config.list('indexer_types');
  return {
    kind: 'latent',
    heads: headsOf(config),
    queryRank: config.number('q_lora_rank') ?? 0,
    rank: config.required('kv_lora_rank'),
    rope: config.number('qk_rope_head_dim') ?? 0,
    noPosition: config.number('qk_nope_head_dim') ?? 128,
    valueSize: config.number('v_head_dim') ?? 128,
    ...(size !== undefined && {
      index: {
        heads: config.number('index_n_heads') ?? 64,
        size,
        owns: types === undefined || types[index] === 'full',
        pooled: config.number('index_kpool') !== undefined,
      },
    }),
  };
}

function linear(context: MixerContext): Mixer {
  const { config, hiddenSize } = context;
  const delta = config.object('linear_attn_config');
  if (delta !== undefined) {
    return {
      kind: 'gatedDelta',
      heads: delta.required('num_heads'),
      headSize: delta.required('head_dim'),
      kernel: delta.number('short_conv_kernel_size') ?? 4,
    };
  }
  if (config.has('linear_num_value_heads')) {
    return {
      kind: 'deltaNet',
      keyHeads: config.required('linear_num_key_heads'),
      valueHeads: config.required('linear_num_value_heads'),
      keySize: config.required('linear_key_head_dim'),
      valueSize: config.required('linear_value_head_dim'),
      kernel: config.number('linear_conv_kernel_dim') ?? 4,
    };
  }
  const heads = headsOf(config);
  return { kind: 'lightning', heads, headSize: config.number('head_dim') || hiddenSize / heads };
}

function stateSpace({ config, hiddenSize, architecture }: MixerContext): Mixer {
  const heads =
    config.number('mamba_num_heads', 'mamba_n_heads', 'n_mamba_heads') ??
    (architecture.startsWith('Mamba2') ? config.number('num_heads') : undefined);
  const kernel = config.number('conv_kernel', 'mamba_d_conv', 'd_conv') ?? 4;
  const state = config.number('ssm_state_size', 'mamba_d_state', 'state_size', 'd_state') ?? 16;
  const expanded = hiddenSize * (config.number('mamba_expand', 'expand') ?? 2);
  if (heads !== undefined && heads > 0) {
    const own = config.number('mamba_head_dim', 'mamba_d_head', 'mamba_headdim');
    // Pure Mamba-2 models have no attention whose head_dim this could be.
    const headSize =
      own ?? (architecture.startsWith('Mamba2') ? config.number('head_dim') : undefined) ?? expanded / heads;
    return {
      kind: 'mamba2',
      heads,
      headSize,
      inner: heads * headSize,
      groups: config.number('n_groups', 'mamba_n_groups', 'mamba_ngroups') ?? 1,
      state,
      kernel,
    };
  }
  const inner = config.has('mamba_d_state') ? expanded : (config.number('intermediate_size') ?? expanded);
  const rank = config.number('time_step_rank', 'mamba_dt_rank') ?? Math.ceil(hiddenSize / 16);
  return { kind: 'mamba1', inner, state, kernel, rank };
}

function compressed({ config }: MixerContext, index: number): Mixer {
  const ratio = config.list('compress_ratios')?.[index];
  return {
    kind: 'compressed',
    ratio: typeof ratio === 'number' ? ratio : 0,
    heads: headsOf(config),
    headSize: config.required('head_dim'),
    queryRank: config.required('q_lora_rank'),
    outputRank: config.required('o_lora_rank'),
    outputGroups: config.required('o_groups'),
    window: config.required('sliding_window'),
    indexHeads: config.number('index_n_heads') ?? 0,
    indexSize: config.number('index_head_dim') ?? 0,
  };
}
