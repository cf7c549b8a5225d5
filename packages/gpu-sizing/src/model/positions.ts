import type { ConfigReader } from './config-reader.ts';
import { isLatent } from './mixers.ts';
import type { Layer, ModelLengths, RopeCache } from './model-shape.ts';

const lengthKeys = [
  'max_position_embeddings',
  'n_positions',
  'max_seq_len',
  'seq_length',
  'model_max_length',
  'max_sequence_length',
  'max_seq_length',
  'seq_len',
  'max_target_positions',
] as const;

/** vLLM's rule: the smallest of the keys there are, stretched by the rope's factor unless the config already counts it. */
export function lengthsOf(config: ConfigReader): ModelLengths | undefined {
  const told = lengthKeys
    .map((key) => config.number(key))
    .filter((value) => value !== undefined)
    .filter((value) => value > 0);
  const recurrent = /^(mamba|mamba2|falcon_mamba)$/.test(config.text('model_type') ?? '');
  if (told.length === 0) return recurrent ? alike(2048) : undefined;
  const published = Math.min(...told);
  const scaling = ropeScaling(config);
  const kind = scaling?.text('rope_type', 'type');
  const scaled = /gemma|deepseek_v4|nemotron_h/.test(config.text('model_type') ?? '');
  if (scaling === undefined || kind === undefined || scaled) return alike(published);
  if (kind === 'default' || kind === 'mrope' || kind === 'llama3' || kind === 'proportional')
    return alike(published);
  const original =
    scaling.number('original_max_position_embeddings') ?? config.number('original_max_position_embeddings');
  if (kind === 'longrope' || kind === 'su') return { ...alike(published), unset: original ?? published };
  const factor = scaling.number('factor') ?? 1;
  return kind === 'yarn' || kind === 'deepseek_yarn'
    ? { unset: published, longest: published, beforeYarn: Math.floor((original ?? published) * factor) }
    : alike(Math.floor(published * factor));
}

function alike(length: number): ModelLengths {
  return { unset: length, longest: length };
}

function ropeScaling(config: ConfigReader): ConfigReader | undefined {
  return config.object('rope_scaling') ?? config.object('rope_parameters');
}

/** Cosine and sine tables, one per distinct rope of the model (vLLM shares them between layers). */
export function ropeCachesOf(
  config: ConfigReader,
  architecture: string,
  layers: readonly Layer[],
): readonly RopeCache[] {
  if (withoutRope(config, architecture)) return [];
  const positions = cachedPositions(config);
  if (positions === 0) return [];
  const scaled = ropeScaling(config)?.text('rope_type', 'type') === 'yarn';
  const sizes = new Set<number>();
  for (const mixer of layers.flatMap((layer) => layer.mixers)) {
    if (mixer.kind === 'attention') sizes.add(Math.floor(mixer.headSize * partOf(config, mixer.reach)));
    if (mixer.kind === 'latent' && mixer.rope > 0) sizes.add(mixer.rope);
  }
  const base = [...sizes].map((size) => ({
    positions: positions * sectionFactor(config, architecture),
    size,
    wide: scaled && /GptOss/.test(architecture),
    interleaved: hasSections(config) && !architecture.startsWith('Qwen2'),
  }));
  const stretched = ropeScaling(config)?.text('rope_type', 'type') === 'linear';
  const compressed = layers.some((layer) => layer.mixers.some((mixer) => mixer.kind === 'compressed'));
  if (compressed) {
    const size = config.number('qk_rope_head_dim') ?? 64;
    return [0, 1].map(() => ({
      positions: config.number('max_position_embeddings') ?? positions,
      size,
      wide: true,
      interleaved: false,
    }));
  }
  const twice = hasLocalRope(config, architecture) && base.length === 1;
  const indexed = layers.some((layer) =>
    layer.mixers.some((mixer) => mixer.kind === 'latent' && mixer.index !== undefined),
  );
  const factor = stretched ? (ropeScaling(config)?.number('factor') ?? 1) : 1;
  const global = base.map((rope) => ({ ...rope, positions: rope.positions * factor }));
  return twice || (indexed && isLatent(config)) ? [...base, ...global] : global;
}

/** Qwen2-VL's positions in three sections are cached for four times the length; interleaved ones are not. */
function sectionFactor(config: ConfigReader, architecture: string): number {
  return hasSections(config) && architecture.startsWith('Qwen2') ? 4 : 1;
}

function hasSections(config: ConfigReader): boolean {
  return ropeScaling(config)?.list('mrope_section') !== undefined;
}

/** Gemma 3 and 4 turn local and global layers with different bases. */
function hasLocalRope(config: ConfigReader, architecture: string): boolean {
  return (
    config.has('rope_local_base_freq') || /^Gemma[34]/.test(architecture) || config.has('swa_rope_theta')
  );
}

function withoutRope(config: ConfigReader, architecture: string): boolean {
  if (config.text('position_embedding_type') === 'nope') return true;
  return /^(GPT2|GPTBigCode|OPT|Bloom|MPT|Whisper|Bert|Roberta|XLMRoberta|NemotronH|Jamba|Mamba|FalconMamba)/.test(
    architecture,
  );
}

function cachedPositions(config: ConfigReader): number {
  const longest =
    config.number('max_position_embeddings', 'n_positions', 'max_seq_len', 'max_sequence_length') ?? 0;
  const scaling = ropeScaling(config);
  const kind = scaling?.text('rope_type', 'type');
  if (kind !== 'yarn' && kind !== 'deepseek_yarn') return longest;
  const original = scaling?.number('original_max_position_embeddings');
  return original === undefined ? longest : Math.floor(original * (scaling?.number('factor') ?? 1));
}

function partOf(config: ConfigReader, reach: string): number {
  const parameters = config.object('rope_parameters');
  const perKind = parameters?.object(reach === 'sliding' ? 'sliding_attention' : 'full_attention');
  if (perKind !== undefined) return 1;
  return (
    config.number('partial_rotary_factor', 'rotary_pct') ?? parameters?.number('partial_rotary_factor') ?? 1
  );
}
