import type { ModelFacts } from '@kaito-ts/preset-catalog';
import { capabilityByModel } from './engine/capability.ts';
import { earlyRefusal } from './early-refusal.ts';
import { SizingInputError } from './errors.ts';
import type { EstimateRequest, GpuDevice, SizingSettings } from './request.ts';
import { size } from './size.ts';
import type { Size, SizeRequest } from './size-request.ts';
import type { DerivationStep, Sizing } from './sizing.ts';

/** One start of vLLM by its own rules; undefined where the facts are too few or the layout is not understood. */
export function preciseSizing(
  request: EstimateRequest,
  device: GpuDevice,
  wanted: number,
): Sizing | undefined {
  const { model, runtime, parallel, settings } = request;
  const { config } = model;
  if (config === undefined || device.memoryBytes === undefined || runtime.engine !== 'vllm') return undefined;
  try {
    const asked: SizeRequest = {
      config,
      weightsBytes: storedBytes(model),
      device: {
        name: device.model ?? 'GPU',
        memoryBytes: device.memoryBytes,
        computeCapability: device.computeCapability ?? capabilityByModel(device.model),
      },
      runtimeVersion: runtime.version,
      tensorParallelSize: parallel.tensor,
      pipelineParallelSize: parallel.pipeline,
      dataParallelSize: parallel.data,
      maxModelLen: wanted,
      gpuMemoryUtilization: settings.gpuMemoryUtilization,
      kvCacheDtype: settings.kvCacheDtype,
      maxNumSeqs: settings.maxNumSeqs,
      maxNumBatchedTokens: settings.maxNumBatchedTokens,
      enforceEager: settings.enforceEager,
      enablePrefixCaching: settings.enablePrefixCaching,
      expertParallel: settings.expertParallel ?? parallel.experts,
      loraSlots: settings.loraSlots,
      loraRank: settings.loraRank,
      dtype: settings.dtype,
      quantization: settings.quantization,
      blockSize: settings.blockSize,
      kvCacheMemoryBytes: settings.kvCacheMemoryBytes,
      cpuOffloadBytes: settings.cpuOffloadBytes,
      numSpeculativeTokens: settings.speculativeTokens,
    };
    const early = earlyRefusal(asked);
    if (early.length > 0) return { verdict: 'doesNotFit', reasons: early, missing: [], derivation: [] };
    const sized = size(asked);
    if (sized.unknown.length > 0) return undefined;
    const sizing = asSizing(sized, wanted, (settings.concurrency ?? 1) / parallel.data);
    return { ...sizing, reasons: [...sizing.reasons, ...notCounted(settings)] };
  } catch (error) {
    if (error instanceof SizingInputError) return undefined;
    throw error;
  }
}

/** A model of its own that drafts is another model, of which nothing is known here. */
function notCounted({ draftModel }: SizingSettings): readonly string[] {
  return draftModel === undefined ? [] : [`the draft model ${draftModel} takes memory that is not counted`];
}

function storedBytes({ storedWeightBytes, weightParts, loadedWeightBytes }: ModelFacts): number | undefined {
  return storedWeightBytes ?? weightParts?.totalBytes ?? loadedWeightBytes;
}

function asSizing(sized: Size, wanted: number, concurrency: number): Sizing {
  const overhead =
    sized.activationBytes.value +
    sized.nonTorchBytes.value +
    sized.loraBytes +
    sized.reservedGraphBytes.value;
  const short = sized.longestModelLen.low < wanted;
  const crowded = sized.fits && sized.bytesPerBlock > 0 && sized.maxConcurrency.value < concurrency;
  const close = sized.fits && !crowded && short && sized.bytesPerBlock > 0;
  return {
    verdict: sized.fits && !crowded ? (close ? 'unknown' : 'fits') : 'doesNotFit',
    reasons: crowded
      ? [
          `${sized.maxConcurrency.value.toFixed(1)} requests of ${wanted} tokens fit at once, ${Math.ceil(concurrency)} are wanted on each copy`,
        ]
      : close
        ? [
            `too close to call: between ${sized.longestModelLen.low} and ${sized.longestModelLen.high} tokens fit, ${wanted} are wanted`,
          ]
        : sized.reasons,
    missing: [],
    weightBytes: Math.ceil(sized.weightBytes.value),
    overheadBytes: Math.ceil(overhead),
    kvCacheBytes: Math.floor(sized.kvCacheBytes.value),
    ...(sized.kvTokens.value > 0 && { kvBytesPerToken: sized.kvCacheBytes.value / sized.kvTokens.value }),
    kvTokens: Math.floor(sized.kvTokens.value),
    contextTokens: wanted,
    maxModelLen: sized.longestModelLen.low,
    ...(sized.bytesPerBlock > 0 && { maxConcurrency: sized.maxConcurrency.value }),
    derivation: stepsOf(sized),
  };
}

function bytes(quantity: string, value: number, how: string): DerivationStep {
  return { quantity, value, unit: 'bytes', how };
}

function stepsOf(sized: Size): readonly DerivationStep[] {
  const how = (quantity: string): string =>
    sized.derivation.find((step) => step.quantity === quantity)?.how ?? '';
  return [
    bytes('memory', sized.memoryBytes, 'of one GPU'),
    bytes('usable', sized.budgetBytes, `${sized.gpuMemoryUtilization} of it`),
    bytes('weights', sized.weightBytes.value, how('Model loading took')),
    bytes('torch peak', sized.activationBytes.value, how('torch peak')),
    bytes('non-torch', sized.nonTorchBytes.value, how('non-torch')),
    bytes('CUDA graphs', sized.reservedGraphBytes.value, how('CUDA graphs')),
    bytes('KV cache', sized.kvCacheBytes.value, 'usable - all of the above'),
    bytes('block', sized.bytesPerBlock, how('block')),
    {
      quantity: 'KV cache tokens',
      value: sized.kvTokens.value,
      unit: 'tokens',
      how: how('GPU KV cache size'),
    },
  ];
}
