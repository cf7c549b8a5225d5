import {
  languageModelConfig,
  readDimensions,
  type JsonObject,
  type ModelFacts,
} from '@kaito-ts/preset-catalog';
import { dtypeBytes } from './bytes.ts';
import { atMost, exactly, unknown, type Known } from './known.ts';
import type { ParallelShape } from './request.ts';

/** Bytes that one token of context takes on one rank. */
export function kvBytesPerToken(model: ModelFacts, parallel: ParallelShape, cacheType: string): Known {
  const element = dtypeBytes(cacheType);
  if (element === undefined) return unknown(`the size of kv-cache-dtype ${cacheType}`);
  const config = languageModelConfig(model.config ?? {});
  if ('compress_ratios' in config) return unknown('a rule for compressed key-value caches (compress_ratios)');

  const dimensions = readDimensions(model);
  if (dimensions.layers === undefined) return unknown('num_hidden_layers');
  const attention = attentionLayers(config, dimensions.layers);
  const layers = Math.ceil(attention.count / parallel.pipeline);

  const latent = latentWidth(config);
  if (latent !== undefined) {
    // The latent is not split by heads: every tensor-parallel rank holds all of it.
    return attention.bound(layers * latent * element, `${layers} layers of a ${latent}-wide latent`);
  }
  const { keyValueHeads, headDimension } = dimensions;
  if (keyValueHeads === undefined) return unknown('num_key_value_heads');
  if (headDimension === undefined) return unknown('head_dim');
  const heads = Math.max(1, Math.ceil(keyValueHeads / parallel.tensor));
  return attention.bound(
    layers * 2 * heads * headDimension * element,
    `${layers} layers, keys and values of ${heads} heads of ${headDimension}, ${element} bytes each`,
  );
}

interface AttentionLayers {
  readonly count: number;
  readonly bound: (value: number, how: string) => Known;
}

/** Layers that keep keys and values. Sliding windows and per-request states have no per-token cost that holds for all lengths. */
function attentionLayers(config: JsonObject, layers: number): AttentionLayers {
  const kinds = layerKinds(config);
  if (kinds === undefined) {
    const every = config['full_attention_interval'];
    if (typeof every === 'number') return withStates(Math.ceil(layers / every));
    return slidesWithinLimit(config) ? withWindows(layers) : { count: layers, bound: exactly };
  }
  const full = kinds.filter((kind) => kind === 'full_attention').length;
  const windows = kinds.filter((kind) => kind === 'sliding_attention' || kind === 'chunked_attention').length;
  if (windows > 0) return withWindows(full + windows);
  return full === kinds.length ? { count: full, bound: exactly } : withStates(full);
}

/** A window as wide as the longest context (Phi-3) is none. */
function slidesWithinLimit(config: JsonObject): boolean {
  const [window, limit] = [config['sliding_window'], config['max_position_embeddings']];
  if (typeof window !== 'number' || config['use_sliding_window'] === false) return false;
  return typeof limit !== 'number' || window < limit;
}

function withWindows(count: number): AttentionLayers {
  return { count, bound: (value, how) => atMost(value, `${how}; sliding windows counted as full attention`) };
}

function withStates(count: number): AttentionLayers {
  return { count, bound: (value, how) => exactly(value, `${how}; the state of each request comes on top`) };
}

function layerKinds(config: JsonObject): readonly string[] | undefined {
  const types = config['layer_types'];
  if (Array.isArray(types)) return types.map(String);
  const pattern = config['hybrid_override_pattern'];
  if (typeof pattern === 'string')
    return Array.from(pattern, (letter) => (letter === '*' ? 'full_attention' : 'other'));
  const blocks = config['layers_block_type'];
  if (Array.isArray(blocks))
    return blocks.map((block) => (block === 'attention' ? 'full_attention' : 'other'));
  return undefined;
}

function latentWidth(config: JsonObject): number | undefined {
  const [rank, rope] = [config['kv_lora_rank'], config['qk_rope_head_dim']];
  return typeof rank === 'number' && typeof rope === 'number' ? rank + rope : undefined;
}
