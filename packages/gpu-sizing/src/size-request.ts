import type { JsonObject } from '@kaito-ts/preset-catalog';
import type { Device } from './engine/defaults.ts';
import type { Measured } from './engine/measured.ts';
import type { Interval } from './interval.ts';

/** One model, one kind of GPU, one parallel shape, one version of vLLM; absent = vLLM's own default for that version. */
export interface SizeRequest {
  /** config.json as published. */
  readonly config: JsonObject;
  /** Bytes of the tensors in the root safetensors files; absent = computed from the config. */
  readonly weightsBytes?: number | undefined;
  readonly device: Device;
  readonly runtimeVersion: string;
  readonly tensorParallelSize?: number | undefined;
  readonly pipelineParallelSize?: number | undefined;
  readonly dataParallelSize?: number | undefined;
  readonly expertParallel?: boolean | undefined;
  readonly gpuMemoryUtilization?: number | undefined;
  /** Tokens; -1 lets vLLM take the longest that fits. */
  readonly maxModelLen?: number | undefined;
  /** As VLLM_ALLOW_LONG_MAX_MODEL_LEN does: a length beyond what the config allows is a warning, not a refusal. */
  readonly allowLongMaxModelLen?: boolean | undefined;
  readonly maxNumSeqs?: number | undefined;
  readonly maxNumBatchedTokens?: number | undefined;
  readonly kvCacheDtype?: string | undefined;
  readonly dtype?: string | undefined;
  readonly quantization?: string | undefined;
  readonly enforceEager?: boolean | undefined;
  /** Replaces the whole budget. */
  readonly kvCacheMemoryBytes?: number | undefined;
  readonly enablePrefixCaching?: boolean | undefined;
  readonly blockSize?: number | undefined;
  readonly numSpeculativeTokens?: number | undefined;
  readonly loraSlots?: number | undefined;
  readonly loraRank?: number | undefined;
  /** Weights kept in host memory, per GPU. */
  readonly cpuOffloadBytes?: number | undefined;
  /** Other constants than those taken from measured start-ups: how much the account depends on them. */
  readonly measured?: Partial<Measured> | undefined;
}

export interface SizeStep {
  readonly quantity: string;
  readonly value: string;
  readonly how: string;
}

/** What vLLM would report at its start; sizes are of the rank that decides. */
export interface Size {
  readonly fits: boolean;
  readonly reasons: readonly string[];
  readonly runtimeVersion: string;
  readonly maxModelLen: number;
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  readonly gpuMemoryUtilization: number;
  readonly weightBytes: Interval;
  readonly activationBytes: Interval;
  readonly nonTorchBytes: Interval;
  readonly loraBytes: number;
  /** What the budget loses to CUDA graphs; 0 before 0.20, and before 0.29 where the second runner serves the model. */
  readonly reservedGraphBytes: Interval;
  readonly memoryBytes: number;
  readonly cudaGraphBytes: Interval;
  readonly kvCacheBytes: Interval;
  readonly kvTokens: Interval;
  readonly maxConcurrency: Interval;
  readonly longestModelLen: Interval;
  readonly bytesPerBlock: number;
  readonly blocksPerRequest: number;
  readonly budgetBytes: number;
  readonly warnings: readonly string[];
  /** Config keys and other causes for which the estimate may be far off. */
  readonly unknown: readonly string[];
  readonly derivation: readonly SizeStep[];
}
