import { bytesPerGiB } from '../bytes.ts';
import { distinctMixers } from '../model/distinct-layers.ts';
import type { ModelShape } from '../model/model-shape.ts';
import { isOn } from './switches.ts';

export interface Device {
  readonly name: string;
  readonly memoryBytes: number;
  /** 9.0 for SM90; absent = unknown. */
  readonly computeCapability: number | undefined;
}

export interface BatchLimits {
  readonly batchedTokens: number;
  readonly sequences: number;
  readonly utilization: number;
  readonly captureSizes: number;
  readonly largestCapture: number;
}

export interface BatchWishes {
  readonly batchedTokens: number | undefined;
  readonly sequences: number | undefined;
  readonly utilization: number | undefined;
  readonly length: number;
}

/** vLLM's own defaults for a server (EngineArgs.get_batch_defaults, read in 0.32.0). */
export function batchLimits(
  device: Device,
  shape: ModelShape,
  version: string,
  wishes: BatchWishes,
): BatchLimits {
  const large = device.memoryBytes >= 70 * bytesPerGiB && !/a100/i.test(device.name);
  const largest = device.memoryBytes >= 160 * bytesPerGiB && isOn('largeBatchDefaults', version);
  const wantedSequences = wishes.sequences ?? (large ? 1024 : 256);
  const own = largest ? 16_384 : large ? 8192 : 2048;
  const item = shape.prefixLanguageModel && isOn('prefixItems', version) ? prefixItemTokens(shape) : 0;
  // Models that must read a prompt in one go (encoders) get room for the longest.
  const whole = isEncoder(shape) ? wishes.length : 0;
  const batchedTokens =
    wishes.batchedTokens ?? Math.min(wantedSequences * wishes.length, Math.max(own, item, whole));
  const sequences = wishes.sequences ?? Math.min(wantedSequences, batchedTokens);
  const largestCapture = Math.min(
    2 * sequences,
    /GptOss/.test(shape.architecture) || (isOn('largeCaptures', version) && isDataCentreBlackwell(device))
      ? 1024
      : 512,
  );
  return {
    batchedTokens,
    sequences,
    utilization: wishes.utilization ?? (isOn('defaultUtilization92', version) ? 0.92 : 0.9),
    captureSizes: captureCount(largestCapture),
    largestCapture,
  };
}

function isEncoder({ layers }: ModelShape): boolean {
  return distinctMixers(layers).some((mixer) => mixer.kind === 'attention' && mixer.reach === 'encoder');
}

/** B200 and B300; the Blackwell chips of workstations are SM12x. */
export function isDataCentreBlackwell({ computeCapability }: Device): boolean {
  return computeCapability !== undefined && Math.floor(computeCapability) === 10;
}

/** 1, 2, 4, then by 8 to 248, then by 16. */
function captureCount(largest: number): number {
  if (largest < 8) return Math.floor(Math.log2(Math.max(1, largest))) + 1;
  if (largest < 256) return 3 + Math.floor(largest / 8);
  return 3 + 31 + Math.floor((largest - 256) / 16) + 1;
}

/** An image or video item of the models that read it as one prefix (Gemma 3: 256 tokens; Gemma 4 videos up to 2,496). */
function prefixItemTokens(shape: ModelShape): number {
  return shape.architecture.startsWith('Gemma4') ? 2_496 : 256;
}
