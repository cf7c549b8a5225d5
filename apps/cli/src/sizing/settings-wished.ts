import { readLength, SizingInputError, type SizingSettings } from '@kaito-ts/gpu-sizing';

/** Options that change the account, as commander reads them. */
export interface SettingsOptions {
  readonly context?: string;
  readonly concurrency?: number;
  readonly gpuMemoryUtilization?: number;
  readonly kvCacheDtype?: string;
  readonly quantization?: string;
  readonly maxNumSeqs?: number;
  readonly maxNumBatchedTokens?: string;
  readonly enforceEager?: boolean;
  readonly cpuOffloadGb?: number;
  readonly loraSlots?: number;
  readonly loraRank?: number;
  readonly speculativeTokens?: number;
  readonly tensorParallelSize?: number;
  readonly pipelineParallelSize?: number;
  readonly dataParallelSize?: number;
}

const bytesPerGiB = 2 ** 30;

/** Only what was told, so that it can be laid over what a manifest says. */
export function settingsWished(options: SettingsOptions): SizingSettings {
  const { context, maxNumBatchedTokens, cpuOffloadGb, ...same } = options;
  const settings = {
    maxModelLen: lengthOf('context', context),
    maxNumBatchedTokens: lengthOf('max-num-batched-tokens', maxNumBatchedTokens),
    cpuOffloadBytes: cpuOffloadGb === undefined ? undefined : cpuOffloadGb * bytesPerGiB,
    concurrency: same.concurrency,
    gpuMemoryUtilization: same.gpuMemoryUtilization,
    kvCacheDtype: same.kvCacheDtype,
    quantization: same.quantization,
    maxNumSeqs: same.maxNumSeqs,
    enforceEager: same.enforceEager,
    loraSlots: same.loraSlots,
    loraRank: same.loraRank,
    speculativeTokens: same.speculativeTokens,
    tensorParallelSize: same.tensorParallelSize,
    pipelineParallelSize: same.pipelineParallelSize,
    dataParallelSize: same.dataParallelSize,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function lengthOf(option: string, told: string | undefined): number | undefined {
  if (told === undefined) return undefined;
  const length = readLength(told);
  if (length !== undefined && length >= 1) return length;
  throw new SizingInputError('BAD_INPUT', option, `must be a length such as 32k, not ${told}`);
}
