import { distinctMixers } from '../model/distinct-layers.ts';
import { isOn } from '../engine/switches.ts';
import type { Layer } from '../model/model-shape.ts';
import { isJsonObject } from '@kaito-ts/preset-catalog';
import type { SizeContext } from '../size-context.ts';
import { bytesOfDtype } from '../weights/dtypes.ts';
import type { CacheLayout } from './cache-spec.ts';
import { layerSpecs } from './layer-specs.ts';
import { layoutOf } from './layout.ts';
import { compressedLayout, pooledLayout } from './packed-layouts.ts';

/** The cache of some layers on one rank. */
export function rankLayout(context: SizeContext, layers: readonly Layer[]): CacheLayout {
  const { shape, tensor, modelBytes, request } = context;
  const mixers = distinctMixers(layers);
  if (mixers.some(({ kind }) => kind === 'compressed'))
    return compressedLayout(shape, layers, !isOn('narrowCompressorStates', context.version));
  if (mixers.some((mixer) => mixer.kind === 'latent' && mixer.index?.pooled === true)) {
    return pooledLayout({
      shape,
      layers,
      tensor,
      modelBytes,
      aligned: isOn('pooledAligned', context.version),
    });
  }
  const kind = cacheDtype(context);
  const latent = mixers.some((mixer) => mixer.kind === 'latent');
  const sparse = mixers.some((mixer) => mixer.kind === 'latent' && mixer.index !== undefined);
  const blockTokens = request.blockSize ?? (sparse ? 64 : 16);
  const specs = layerSpecs({
    shape,
    layers,
    tensor,
    valueBytes: kind === 'auto' ? modelBytes : bytesOfDtype(kind, 'kvCacheDtype'),
    scaleBytes: /per_token_head/.test(kind) ? 4 : 0,
    modelBytes,
    blockTokens,
    longest: context.length,
    crossTokens: Math.max(shape.encoderTokens ?? 0, context.limits.batchedTokens),
    speculative: request.numSpeculativeTokens ?? 0,
    checkpoints: isOn('prefillCheckpoints', context.version),
    sparseFp8: sparse && /fp8/.test(kind),
  });
  return layoutOf({
    specs,
    alignment: latent ? latentAlignment(context.version) : 16,
    alignsStates: context.alignsStates,
    userBlock: request.blockSize,
  });
}

function latentAlignment(version: string): number {
  if (isOn('latentStates128', version)) return 128;
  return isOn('latentStates16', version) ? 16 : 64;
}

/** `auto` takes the type that a ModelOpt or compressed-tensors checkpoint names for its cache. */
export function cacheDtype({ request, version, shape }: SizeContext): string {
  const told = request.kvCacheDtype;
  if (told === 'bf16') return 'bfloat16';
  if (told !== undefined && told !== 'auto') return told;
  const config = request.config['quantization_config'];
  const sparse = shape.architecture === 'DeepseekV32ForCausalLM';
  if (sparse && (told ?? 'auto') === 'auto' && !isOn('plainSparseCache', version)) return 'fp8_ds_mla';
  if (!isJsonObject(config) || !isOn('cacheTypeOfCheckpoint', version)) return 'auto';
  const nested = isJsonObject(config['quantization']) ? config['quantization'] : {};
  const scheme = config['kv_cache_scheme'] ?? nested['kv_cache_scheme'];
  const name = config['kv_cache_quant_algo'] ?? nested['kv_cache_quant_algo'];
  if (typeof name === 'string') return name.toLowerCase();
  if (isJsonObject(scheme) && scheme['num_bits'] === 8) return 'fp8';
  return 'auto';
}
