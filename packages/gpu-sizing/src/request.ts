import type { ModelFacts } from '@kaito-ts/preset-catalog';

/** Accelerators of one node. */
export interface GpuDevice {
  readonly kind: 'gpu';
  readonly model?: string;
  /** 9.0 for SM90; absent = told by the model's name, where it is a known one. */
  readonly computeCapability?: number;
  /** Real bytes of one GPU (or MIG slice); absent = unknown. */
  readonly memoryBytes?: number;
  /** GPUs that a pod can have on this node. */
  readonly count: number;
  /** A slice of a GPU: NCCL knows no way from one to another, so a model on it is whole. */
  readonly alone?: boolean;
}

/** A node without GPUs: the runtime lives in its memory. */
export interface CpuDevice {
  readonly kind: 'cpu';
  readonly allocatableMemoryBytes?: number;
}

export type NodeDevice = GpuDevice | CpuDevice;

export interface RuntimeVersion {
  readonly engine: 'vllm' | 'transformers' | 'llamacpp';
  readonly version: string;
}

export interface ParallelShape {
  readonly tensor: number;
  readonly pipeline: number;
  readonly data: number;
  /** Whole experts are dealt out to the ranks, instead of a slice of each. */
  readonly experts?: boolean;
}

/** What a user can set; absent = the runtime's own default. */
export interface SizingSettings {
  /** Tokens one request must be able to hold; without it the least useful context is asked for. */
  readonly maxModelLen?: number;
  readonly gpuMemoryUtilization?: number;
  readonly kvCacheDtype?: string;
  /** Requests of that length that must run at once, over all copies. */
  readonly concurrency?: number;
  readonly maxNumSeqs?: number;
  readonly maxNumBatchedTokens?: number;
  readonly enforceEager?: boolean;
  readonly enablePrefixCaching?: boolean;
  readonly expertParallel?: boolean;
  /** Type in which weights that are not quantized are held. */
  readonly dtype?: string;
  /** Method applied while loading. */
  readonly quantization?: string;
  readonly blockSize?: number;
  /** Replaces the whole budget of a GPU. */
  readonly kvCacheMemoryBytes?: number;
  /** Weights kept in host memory, per GPU. */
  readonly cpuOffloadBytes?: number;
  readonly loraSlots?: number;
  readonly loraRank?: number;
  /** Tokens drafted for each step; absent = no speculation. */
  readonly speculativeTokens?: number;
  /** A model of its own that drafts. */
  readonly draftModel?: string;
  readonly tensorParallelSize?: number;
  readonly pipelineParallelSize?: number;
  readonly dataParallelSize?: number;
}

export interface EstimateRequest {
  readonly model: ModelFacts;
  readonly device: NodeDevice;
  readonly runtime: RuntimeVersion;
  readonly parallel: ParallelShape;
  readonly settings: SizingSettings;
}

export interface PlanRequest {
  readonly model: ModelFacts;
  /** Nodes the model may use; alike ones serve it together. */
  readonly nodes: readonly NodeDevice[];
  readonly runtime: RuntimeVersion;
  readonly settings: SizingSettings;
}
