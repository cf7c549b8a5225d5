import type { ConfigReader } from './config-reader.ts';
import type { LayerKind } from './layer-kinds.ts';
import type { FeedForward } from './model-shape.ts';

/** Families whose feed-forward has no gate: two matrices instead of three. */
const ungatedFamilies =
  /^(GPT2|GPTBigCode|GPTJ|GPTNeoX|OPT|Bloom|Falcon(?!H1|Mamba)|Phi(For|MoE$)|Starcoder2|MPT|Nemotron(For|H)|Whisper|Bert|Roberta|XLMRoberta|Arcee|CodeGen)/;

export interface FeedForwardContext {
  readonly config: ConfigReader;
  readonly architecture: string;
  readonly hiddenSize: number;
  readonly layers: number;
}

export function feedForwardOf(
  context: FeedForwardContext,
  kind: LayerKind,
  index: number,
): readonly FeedForward[] {
  const { config } = context;
  const onePerBlock = config.text('hybrid_override_pattern') !== undefined;
  const pattern = config.list('layers_block_type')?.map(String);
  const alone =
    onePerBlock || (pattern !== undefined && (pattern.includes('mlp') || pattern.includes('moe')));
  if (kind === 'feedForward') return dense(context);
  if (kind === 'experts') return experts(context);
  if (alone) return [];
  if (isPureState(context)) return [];
  if (config.list('layers_block_type') !== undefined && config.has('hybrid_layer_ids')) {
    return kind === 'hybrid' ? dense(context, { reusedWeights: true }) : [];
  }
  if (config.flag('enable_moe_block') === true) return [...dense(context), ...experts(context)];
  if (hasExperts(config, index)) return experts(context);
  const shared = index >= context.layers - (config.number('num_kv_shared_layers') ?? 0);
  const wide = config.flag('use_double_wide_mlp') === true && shared ? 2 : 1;
  return dense(context, { wide });
}

function isPureState({ architecture }: FeedForwardContext): boolean {
  return /^(Mamba|Mamba2|FalconMamba)ForCausalLM$/.test(architecture);
}

export function expertCount(config: ConfigReader): number {
  return (
    config.number('num_local_experts', 'n_routed_experts', 'num_experts', 'moe_num_experts') ??
    config.object('ffn_config')?.number('moe_num_experts') ??
    0
  );
}

function hasExperts(config: ConfigReader, index: number): boolean {
  if (expertCount(config) <= 1) return false;
  const types = config.list('mlp_layer_types');
  if (types !== undefined) return types[index] === 'sparse';
  const frequency = config.list('moe_layer_freq');
  if (frequency !== undefined) return frequency[index] === 1;
  if (config.list('mlp_only_layers')?.includes(index) === true) return false;
  const from = config.number('first_k_dense_replace', 'moe_layer_start_index') ?? 0;
  if (index < from) return false;
  const end = config.number('moe_layer_end_index');
  if (end !== undefined && end > 0 && index > end) return false;
  const period = config.number('expert_layer_period');
  if (period !== undefined) return index % period === (config.number('expert_layer_offset') ?? 0);
  const step =
    config.number(
      'interleave_moe_layer_step',
      'decoder_sparse_step',
      'moe_layer_interval',
      'moe_layer_freq',
    ) ?? 1;
  if (config.has('moe_layer_freq')) return index % step === 0;
  return (index + 1) % step === 0;
}

function isGated({ config, architecture }: FeedForwardContext): boolean {
  const activation = config.text('mlp_hidden_act', 'hidden_act', 'hidden_activation');
  return activation !== 'relu2' && !ungatedFamilies.test(architecture);
}

interface DenseOptions {
  readonly wide?: number;
  readonly reusedWeights?: boolean;
}

function dense(
  context: FeedForwardContext,
  { wide = 1, reusedWeights = false }: DenseOptions = {},
): readonly FeedForward[] {
  const { config, hiddenSize } = context;
  const width =
    config.number('intermediate_size_mlp') ??
    liquidWidth(config) ??
    config.number(
      'intermediate_size',
      'ffn_hidden_size',
      'n_inner',
      'ffn_dim',
      'decoder_ffn_dim',
      'hidden_dim',
    ) ??
    config.object('ffn_config')?.number('ffn_hidden_size') ??
    // Families without the key mean four times; a key that is merely missing is listed as unknown.
    4 * hiddenSize;
  return width === 0 ? [] : [{ kind: 'dense', width: width * wide, gated: isGated(context), reusedWeights }];
}

/** LFM2 shrinks its feed-forward to two thirds and rounds it up. */
function liquidWidth(config: ConfigReader): number | undefined {
  if (config.flag('block_auto_adjust_ff_dim') !== true) return undefined;
  const multiple = config.number('block_multiple_of') ?? 256;
  const base = config.number('block_ff_dim', 'intermediate_size') ?? 0;
  const adjusted = Math.floor(((2 * base) / 3) * (config.number('block_ffn_dim_multiplier') ?? 1));
  return multiple * Math.ceil(adjusted / multiple);
}

function experts(context: FeedForwardContext): readonly FeedForward[] {
  const { config, architecture } = context;
  const nested = config.object('ffn_config');
  const width =
    config.number('moe_intermediate_size', 'expert_intermediate_size', 'intermediate_size') ??
    nested?.number('ffn_hidden_size') ??
    0;
  const perToken =
    config.number(
      'num_experts_per_tok',
      'num_experts_per_token',
      'experts_per_token',
      'top_k_experts',
      'moe_k',
      'moe_topk',
    ) ??
    nested?.number('moe_top_k') ??
    1;
  const latent = config.number('moe_latent_size');
  return [
    {
      kind: 'experts',
      experts: expertCount(config),
      perToken,
      width,
      sharedWidth: sharedWidth(config, width, architecture),
      gated: isGated(context),
      ...(latent !== undefined && { latent }),
    },
  ];
}

function sharedWidth(config: ConfigReader, width: number, architecture: string): number {
  const given = config.number(
    'moe_shared_expert_intermediate_size',
    'shared_expert_intermediate_size',
    'shared_intermediate_size',
  );
  if (given !== undefined) return given;
  if (architecture.startsWith('Llama4')) return width;
  return width * (config.number('n_shared_experts', 'num_shared_experts', 'moe_num_shared_experts') ?? 0);
}
