import { isJsonObject, type JsonObject } from '@kaito-ts/preset-catalog';
import { readerOf, type ConfigReader } from './config-reader.ts';
import type { VisionTower } from './model-shape.ts';

/** Image towers with a gate in their feed-forward. */
const gatedTowers = /pixtral|qwen2_5_vl|gemma4|deepseek|llava_onevision2/;

/** Elements of the vision tower and its projector, from the keys that all towers share. */
export function visionTowerOf(published: JsonObject, languageWidth: number): VisionTower | undefined {
  const source =
    published['vision_config'] ??
    (isJsonObject(published['thinker_config']) ? published['thinker_config']['vision_config'] : undefined);
  if (!isJsonObject(source)) return undefined;
  const config = readerOf(source);
  const type = config.text('model_type') ?? '';
  const qwen2 = type === 'qwen2_vl';
  const hiddenSize =
    (qwen2 ? config.number('embed_dim') : undefined) ??
    config.number('hidden_size', 'embed_dim', 'width') ??
    0;
  const layers = config.number('depth', 'num_hidden_layers', 'layers') ?? 0;
  const width = config.number('intermediate_size') ?? hiddenSize * (config.number('mlp_ratio') ?? 4);
  const matrices = gatedTowers.test(type) ? 3 : 2;
  const patch = config.number('patch_size') ?? 14;
  const channels = config.number('in_channels', 'in_chans', 'num_channels') ?? 3;
  const frames = config.number('temporal_patch_size') ?? 1;
  const blocks = layers * (4 * hiddenSize ** 2 + matrices * hiddenSize * width);
  const entry =
    hiddenSize * patch * patch * channels * frames +
    (config.number('num_position_embeddings') ?? 2 * (config.number('position_embedding_size') ?? 0)) *
      hiddenSize;
  const merge = config.number('spatial_merge_size') ?? 1;
  const merged = hiddenSize * merge * merge;
  const outputs = qwen2
    ? languageWidth
    : (config.number('out_hidden_size', 'projector_output_dim') ?? languageWidth);
  const mergers = 1 + (config.list('deepstack_visual_indexes')?.length ?? 0);
  const projector = merge > 1 ? mergers * (merged * merged + merged * outputs) : hiddenSize * outputs;
  return {
    elements: blocks + entry + projector,
    patchesPerToken: patchesPerToken(readerOf(published), config),
    hiddenSize,
    layers,
    whole: /gemma4|gemma3n/.test(type),
  };
}

/** Towers merge squares of patches, or pool an image to a fixed number of tokens. */
function patchesPerToken(published: ConfigReader, tower: ConfigReader): number {
  const merge = tower.number('spatial_merge_size') ?? published.number('spatial_merge_size');
  if (merge !== undefined) return merge ** 2;
  const ratio = tower.number('pixel_shuffle_ratio') ?? published.number('downsample_ratio');
  if (ratio !== undefined && ratio > 0) return 1 / ratio ** 2;
  const tokens = published.number('mm_tokens_per_image');
  const side = (tower.number('image_size') ?? 0) / (tower.number('patch_size') ?? 14);
  return tokens === undefined || tokens === 0 || side === 0 ? 1 : Math.floor(side) ** 2 / tokens;
}
