export type Verdict = 'fits' | 'doesNotFit' | 'unknown';

/** One line of the account, in the order a reader would compute it. */
export interface DerivationStep {
  readonly quantity: string;
  readonly value: number;
  readonly unit: 'bytes' | 'tokens' | 'bytes per token';
  readonly how: string;
}

/** What one model needs on one device in one parallel shape. */
export interface Sizing {
  readonly verdict: Verdict;
  /** Why it does not fit, or what a reader should know; the first reason decides. */
  readonly reasons: readonly string[];
  /** Facts without which nothing can be said. */
  readonly missing: readonly string[];
  /** On the fullest device. */
  readonly weightBytes?: number;
  readonly overheadBytes?: number;
  readonly kvCacheBytes?: number;
  readonly kvBytesPerToken?: number;
  readonly kvTokens?: number;
  /** What the process holds with one wanted request in work; only where memory is taken as it is needed. */
  readonly processBytes?: number;
  /** Longest request that fits, at most the model's own limit. */
  readonly maxModelLen?: number;
  /** Length of the requests that `kvTokens` and `maxConcurrency` are counted for, as the runtime's own log counts them. */
  readonly contextTokens?: number;
  /** Requests of that length that run at once on one copy. */
  readonly maxConcurrency?: number;
  readonly derivation: readonly DerivationStep[];
}

/** How a model is spread over nodes, and whether it fits so. */
export interface SizingPlan extends Sizing {
  readonly device: 'gpu' | 'cpu';
  readonly nodeCount: number;
  /** 0 on a CPU node. */
  readonly gpusPerNode: number;
  readonly tensorParallelSize: number;
  readonly pipelineParallelSize: number;
  readonly dataParallelSize: number;
  /** Told to the runtime only where it is on. */
  readonly expertParallel?: boolean;
}
