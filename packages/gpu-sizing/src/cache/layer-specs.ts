import type { Layer, Mixer, ModelShape } from '../model/model-shape.ts';
import { distinctLayers } from '../model/distinct-layers.ts';
import type { CacheSpec, CountedSpec } from './cache-spec.ts';
import { recurrentBytes, stateBytes } from './state-bytes.ts';

export interface SpecRequest {
  readonly shape: ModelShape;
  readonly layers: readonly Layer[];
  readonly tensor: number;
  /** Bytes of one cached value; 0.5625 for nvfp4. */
  readonly valueBytes: number;
  /** Scales beside the values, per head and token. */
  readonly scaleBytes: number;
  readonly modelBytes: number;
  readonly blockTokens: number;
  readonly longest: number;
  /** Encoder tokens that may be held for one request: vLLM reserves its whole encoder budget. */
  readonly crossTokens: number;
  readonly speculative: number;
  readonly sparseFp8: boolean;
  /** A Mamba-2 state keeps one more block for prefill. */
  readonly checkpoints: boolean;
}

/** One spec per cache that the layers keep, before pages of different sizes are brought together. */
export function layerSpecs(request: SpecRequest): readonly CountedSpec[] {
  return distinctLayers(request.layers).flatMap(({ layer, count }) =>
    layer.mixers.flatMap((mixer) => specsOf(mixer, request).map((spec) => ({ spec, layers: count }))),
  );
}

function specsOf(mixer: Mixer, request: SpecRequest): readonly CacheSpec[] {
  if (mixer.kind === 'attention')
    return mixer.shared || mixer.reach === 'encoder' ? [] : [attentionSpec(mixer, request)];
  if (mixer.kind === 'latent') return latentSpecs(mixer, request);
  if (mixer.kind === 'compressed') return [];
  const types = {
    convolution: request.modelBytes,
    recurrent: recurrentBytes(
      mixer,
      request.shape.stateDtype,
      request.modelBytes,
      request.shape.architecture,
    ),
  };
  const bytes = stateBytes(mixer, request.tensor, types, request.speculative) ?? 0;
  return [
    {
      reach: 'state',
      blockTokens: request.longest,
      pageBytes: bytes,
      span: mixer.kind === 'mamba2' && request.checkpoints ? 1 : 0,
      key: `state ${mixer.kind} ${bytes}`,
      latent: false,
    },
  ];
}

function attentionSpec(mixer: Extract<Mixer, { kind: 'attention' }>, request: SpecRequest): CacheSpec {
  const heads = Math.max(1, mixer.keyValueHeads / request.tensor);
  const perToken = heads * ((mixer.headSize + mixer.valueSize) * request.valueBytes + 2 * request.scaleBytes);
  const reach = mixer.reach === 'encoder' ? 'full' : mixer.reach;
  const span = reach === 'cross' ? request.crossTokens : (mixer.span ?? 0);
  return {
    reach,
    blockTokens: request.blockTokens,
    pageBytes: request.blockTokens * perToken,
    span,
    key: `${reach} ${span} ${perToken}`,
    latent: false,
  };
}

/** Sparse latent attention keeps 656 bytes a token in its fp8 layout (512 values, 16 bytes of scales, 128 of rope). */
const sparseFp8Bytes = 656;

/** Keys of the indexer: fp8 values, and a 32-bit scale for each 128. */
function indexerBytes(size: number): number {
  return size + (size / 128) * 4;
}

function latentSpecs(mixer: Extract<Mixer, { kind: 'latent' }>, request: SpecRequest): readonly CacheSpec[] {
  const values = (mixer.rank + mixer.rope) * request.valueBytes;
  const perToken = mixer.index !== undefined && request.sparseFp8 ? sparseFp8Bytes : values;
  const spec = (bytes: number, name: string): CacheSpec => ({
    reach: 'full',
    blockTokens: request.blockTokens,
    pageBytes: request.blockTokens * bytes,
    span: 0,
    key: `${name} ${bytes}`,
    latent: true,
  });
  const { index } = mixer;
  if (index === undefined || !index.owns) return [spec(perToken, 'latent')];
  return [spec(perToken, 'latent'), spec(indexerBytes(index.size), 'indexer')];
}
