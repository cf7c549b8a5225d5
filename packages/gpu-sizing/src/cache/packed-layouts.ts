import type { Mixer, ModelShape } from '../model/model-shape.ts';
import type { CacheGroup, CacheLayout, CacheSpec } from './cache-spec.ts';
import { recurrentBytes, stateBytes } from './state-bytes.ts';

function spec(reach: CacheSpec['reach'], blockTokens: number, pageBytes: number, span = 0): CacheSpec {
  return { reach, blockTokens, pageBytes, span, key: `${reach} ${blockTokens} ${pageBytes}`, latent: true };
}

/**
 * DeepSeek V4: compressed caches, each layer with a window of its own, packed block by block (vLLM 0.30 to 0.32; pages
 * are aligned to 576 bytes; kv-12 to kv-14 of the reservation vectors).
 */
export function compressedLayout(
  shape: ModelShape,
  layers: readonly { readonly mixers: readonly Mixer[] }[],
  /** Until 0.26 states take whole pages, and a request is counted by bytes. */
  wholePages: boolean,
): CacheLayout {
  const ratios = layers.flatMap(({ mixers }) =>
    mixers.flatMap((mixer) => (mixer.kind === 'compressed' ? [mixer.ratio] : [])),
  );
  const [fine, coarse] = [4, 128].map((ratio) => ratios.filter((own) => own === ratio).length) as [
    number,
    number,
  ];
  const window = shape.layers.flatMap(({ mixers }) => mixers).find((mixer) => mixer.kind === 'compressed');
  const span = window?.kind === 'compressed' ? window.window : 128;
  const latentPage = 37_440;
  const statePage = wholePages ? latentPage : 32_832;
  const indexPage = 8_640;
  const half = Math.ceil(ratios.length / 2);
  const full = fine * (latentPage + indexPage) + coarse * 1_728;
  const weight = (bytes: number): { readonly weight?: number } =>
    wholePages ? { weight: bytes / full } : {};
  const groups: readonly CacheGroup[] = [
    { layers: half, spec: spec('sliding', 64, latentPage, span), ...weight(half * latentPage) },
    {
      layers: ratios.length - half,
      spec: spec('sliding', 64, latentPage, span),
      ...weight((ratios.length - half) * latentPage),
    },
    { layers: fine + coarse, spec: spec('full', 256, latentPage) },
    ...(fine > 0
      ? [
          {
            layers: 2 * fine,
            spec: spec('sliding', 4, statePage, 8),
            ...weight(fine * (statePage + indexPage)),
          },
        ]
      : []),
    ...(coarse > 0
      ? [{ layers: coarse, spec: spec('sliding', 8, statePage, 128), ...weight(coarse * statePage) }]
      : []),
  ];
  const slots = Math.max(half, fine) * latentPage + fine * indexPage + coarse * 1_728;
  return {
    groups,
    // The widest group sets the block.
    bytesPerBlock: wholePages ? slots : Math.max(full, half * latentPage),
    tokenBlock: 64,
    hasStates: false,
    how: `${fine} layers of ratio 4 and ${coarse} of ratio 128, packed`,
    doubtful: !(fine > 0 && coarse > 0),
  };
}

/** GLM-5-Next: sparse latent layers with a pooled indexer beside linear layers, packed (kv-20 of the reservation vectors). */
export function pooledLayout(request: {
  readonly shape: ModelShape;
  readonly layers: readonly { readonly mixers: readonly Mixer[] }[];
  readonly tensor: number;
  readonly modelBytes: number;
  /** From 0.32 blocks are aligned to the indexer's page, and a state keeps a checkpoint for prefill. */
  readonly aligned: boolean;
}): CacheLayout {
  const mixers = request.layers.flatMap((layer) => layer.mixers);
  const latents = mixers.filter((mixer) => mixer.kind === 'latent');
  const states = mixers.filter((mixer) => mixer.kind !== 'latent');
  const first = states[0];
  const latent = latents[0];
  const values = latent?.kind === 'latent' ? (latent.rank + latent.rope) * 2 : 0;
  const bytes =
    first === undefined
      ? 0
      : (stateBytes(
          first,
          request.tensor,
          {
            convolution: request.modelBytes,
            recurrent: recurrentBytes(
              first,
              request.shape.stateDtype,
              request.modelBytes,
              request.shape.architecture,
            ),
          },
          0,
        ) ?? 0);
  const block = 128 * Math.ceil(bytes / (128 * values));
  const page = block * values;
  const pooled = (block / 4) * 132;
  const own = latents.length * (page + pooled);
  const perGroup = Math.max(1, Math.floor(own / page));
  const groupCount = Math.max(1, Math.ceil(states.length / Math.min(perGroup, latents.length)));
  const groups: readonly CacheGroup[] = [
    ...Array.from({ length: groupCount }, () => ({
      layers: Math.ceil(states.length / groupCount),
      spec: spec('state', block, page, request.aligned ? 1 : 0),
    })),
    { layers: 2 * latents.length, spec: spec('full', block, page) },
    { layers: latents.length, spec: spec('ring', 4, 2_048) },
  ];
  const aligned = request.aligned ? Math.ceil(own / 33_792) * 33_792 : own;
  return {
    groups,
    bytesPerBlock: aligned,
    tokenBlock: block,
    hasStates: true,
    how: `${latents.length} sparse latent layers and ${states.length} states, packed`,
    doubtful: false,
  };
}
