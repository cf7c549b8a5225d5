/** What one layer keeps per block, as vLLM's KV cache specs describe it. */
export interface CacheSpec {
  readonly reach: 'full' | 'sliding' | 'chunked' | 'cross' | 'state' | 'ring';
  /** Tokens of one block; a state has none of its own. */
  readonly blockTokens: number;
  readonly pageBytes: number;
  /** Window, chunk or encoder length in tokens. */
  readonly span: number;
  /** Layers of one kind are grouped by this. */
  readonly key: string;
  readonly latent: boolean;
}

/** How many layers keep such a cache. */
export interface CountedSpec {
  readonly spec: CacheSpec;
  readonly layers: number;
}

/** Layers that share one block table. */
export interface CacheGroup {
  readonly layers: number;
  /** Of its blocks in those that a request is counted by; absent = all. */
  readonly weight?: number;
  readonly spec: CacheSpec;
}

/** How a rank's cache is cut into blocks. */
export interface CacheLayout {
  readonly groups: readonly CacheGroup[];
  readonly bytesPerBlock: number;
  /** Block size that older versions use for their token count. */
  readonly tokenBlock: number;
  /** State layers limit how many requests can run at once. */
  readonly hasStates: boolean;
  readonly how: string;
  /** The layout is not vLLM's own for sure. */
  readonly doubtful: boolean;
}
