/** How one layer mixes tokens; sizes are of the whole model, before any parallel split. */
export type Mixer =
  | AttentionMixer
  | LatentMixer
  | {
      readonly kind: 'mamba1';
      readonly inner: number;
      readonly state: number;
      readonly kernel: number;
      readonly rank: number;
    }
  | {
      readonly kind: 'mamba2';
      readonly heads: number;
      readonly headSize: number;
      readonly inner: number;
      readonly groups: number;
      readonly state: number;
      readonly kernel: number;
    }
  | {
      readonly kind: 'deltaNet';
      readonly keyHeads: number;
      readonly valueHeads: number;
      readonly keySize: number;
      readonly valueSize: number;
      readonly kernel: number;
    }
  | {
      readonly kind: 'gatedDelta';
      readonly heads: number;
      readonly headSize: number;
      readonly kernel: number;
    }
  | { readonly kind: 'lightning'; readonly heads: number; readonly headSize: number }
  | { readonly kind: 'shortConvolution'; readonly width: number; readonly kernel: number }
  | {
      readonly kind: 'compressed';
      readonly ratio: number;
      readonly heads: number;
      readonly headSize: number;
      readonly queryRank: number;
      readonly outputRank: number;
      readonly outputGroups: number;
      readonly window: number;
      readonly indexHeads: number;
      readonly indexSize: number;
    };

export interface AttentionMixer {
  readonly kind: 'attention';
  readonly reach: 'full' | 'sliding' | 'chunked' | 'cross' | 'encoder';
  /** Window or chunk in tokens. */
  readonly span?: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly valueSize: number;
  readonly outputGate: boolean;
  /** Reads the cache of an earlier layer: no cache and no key or value weights of its own. */
  readonly shared: boolean;
  readonly bias: boolean;
  /** Values are a copy of the keys, made after loading. */
  readonly valuesCopied?: boolean;
  /** Input wider than the hidden size (Zamba2 joins two streams). */
  readonly inputWidth?: number;
  /** Same weights at several places count once. */
  readonly reusedWeights?: boolean;
}

export interface LatentMixer {
  readonly kind: 'latent';
  readonly heads: number;
  readonly queryRank: number;
  readonly rank: number;
  readonly rope: number;
  readonly noPosition: number;
  readonly valueSize: number;
  readonly index?: {
    readonly heads: number;
    readonly size: number;
    readonly owns: boolean;
    readonly pooled: boolean;
  };
}

export type FeedForward =
  | {
      readonly kind: 'dense';
      readonly width: number;
      readonly gated: boolean;
      readonly reusedWeights?: boolean;
    }
  | {
      readonly kind: 'experts';
      readonly experts: number;
      readonly perToken: number;
      readonly width: number;
      readonly sharedWidth: number;
      readonly gated: boolean;
      /** Experts work on this width instead of the hidden size. */
      readonly latent?: number;
    };

export interface Layer {
  readonly mixers: readonly Mixer[];
  readonly feedForward: readonly FeedForward[];
}

export interface RopeCache {
  readonly positions: number;
  /** Sections of height, width and time are interleaved; until 0.31 such caches are made for four times the positions. */
  readonly interleaved: boolean;
  readonly size: number;
  /** Kept in 32 bits whatever the model's type. */
  readonly wide: boolean;
}

export interface VisionTower {
  readonly elements: number;
  /** Patches that become one token of the language model. */
  readonly patchesPerToken: number;
  /** Widest activation per patch, in elements; 0 when not known. */
  readonly hiddenSize: number;
  readonly layers: number;
  /** Every rank holds all of it. */
  readonly whole: boolean;
}

/** Context lengths that vLLM derives from a config. */
export interface ModelLengths {
  /** Served when no length is asked for: ropes in two parts then keep to the first. */
  readonly unset: number;
  /** More is refused. */
  readonly longest: number;
  /** Both, until 0.29, which multiplied by YaRN's factor. */
  readonly beforeYarn?: number;
}

/** What a model is made of, as far as memory is concerned. */
export interface ModelShape {
  readonly architecture: string;
  readonly modelType: string;
  readonly hiddenSize: number;
  readonly vocabulary: number;
  readonly layers: readonly Layer[];
  /** Pooling models have no output head. */
  readonly hasHead: boolean;
  readonly tiedEmbeddings: boolean;
  /** Type of the checkpoint; absent = the key is missing. */
  readonly dtype: string | undefined;
  /** Absent = no key says. */
  readonly lengths: ModelLengths | undefined;
  readonly ropeCaches: readonly RopeCache[];
  /** Elements of per-layer embeddings and other tables beside layers and vocabulary. */
  readonly tableElements: number;
  /** Elements that every rank keeps whole. */
  readonly wholeElements: number;
  readonly draftLayers: number;
  readonly softcapsLogits: boolean;
  readonly multimodal: boolean;
  /** Images are read with attention in both directions, so that an item must fit in one batch. */
  readonly prefixLanguageModel: boolean;
  readonly vision: VisionTower | undefined;
  readonly encoderTokens: number | undefined;
  readonly stateDtype: string | undefined;
  /** Parts whose layout is not understood, as config keys. */
  readonly unknown: readonly string[];
}
