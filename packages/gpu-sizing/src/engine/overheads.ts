import { bytesPerGiB, formatGiB } from '../bytes.ts';
import { exact, interval, widened, type Interval } from '../interval.ts';
import type { ModelShape } from '../model/model-shape.ts';
import { isDataCentreBlackwell, type BatchLimits, type Device } from './defaults.ts';
import type { Unlikeness } from './likeness.ts';
import type { Measured } from './measured.ts';
import { isOn, runsUncompiled } from './switches.ts';

const gib = bytesPerGiB;

export interface OverheadRequest {
  readonly shape: ModelShape;
  readonly limits: BatchLimits;
  readonly device: Device;
  readonly tensor: number;
  readonly pipeline: number;
  readonly data: number;
  readonly bytes: number;
  readonly version: string;
  readonly secondRunner: boolean;
  readonly eager: boolean;
  readonly layers: number;
  /** As `kindOf` says it. */
  readonly kind: string;
  readonly unlikeness: Unlikeness;
  readonly measured: Measured;
}

export interface Outside {
  readonly bytes: Interval;
  readonly how: () => string;
}

/** Memory outside torch: kernels, collectives and, in the second runner, the sampler's tables. */
export function nonTorch(request: OverheadRequest): Outside {
  const { base, beside, how } = outsideParts(request);
  const { factor, reasons } = request.unlikeness;
  const wide = widened(base, factor);
  return {
    bytes: interval(wide.value + beside.value, wide.low + beside.low, wide.high + beside.high),
    how: () =>
      [
        `${how} of ${formatGiB(base.value)} (${formatGiB(wide.low)} to ${formatGiB(wide.high)})`,
        ...reasons,
      ].join('; '),
  };
}

interface OutsideParts {
  readonly base: Interval;
  readonly beside: Interval;
  readonly how: string;
}

function outsideParts(request: OverheadRequest): OutsideParts {
  const { device, tensor, pipeline, version, measured } = request;
  const newer = (device.computeCapability ?? 9) >= 9;
  const fused = fusedAllReduce(request);
  if (request.secondRunner) {
    const state = samplerState(request);
    // Only a few starts over several ranks tell what their collectives take.
    const ranks = tensor > 1 ? 0.23 * gib : 0;
    return {
      base: newer ? measured.secondOutside : measured.secondOutsideOlder,
      beside: interval(
        state + fused.value,
        0.93 * state + fused.low - 0.05 * gib,
        state + fused.high + ranks,
      ),
      how: `${tensor > 1 ? 'collectives, ' : ''}the sampler's tables and a base`,
    };
  }
  if (tensor > 1)
    return {
      base: newer ? measured.firstOutsideParallel : measured.firstOutsideParallelOlder,
      beside: newer ? fused : exact(0),
      how: 'collectives and a base',
    };
  const own = isOn('nonTorchQuarter', version) ? measured.firstOutside : measured.firstOutsideEarly;
  const stage = interval(0.07 * gib, 0, 0.07 * gib + own.high - own.value);
  return { base: pipeline > 1 ? stage : own, beside: exact(0), how: 'a base' };
}

/** One buffer, where the switch supports multicast; no start of it was measured. */
const multicastBytes: Interval = interval(0.5 * gib, 0, 1.6 * gib);

/** FlashInfer's all-reduce fused with the norm: Hopper and data-centre Blackwell, compiled models. */
function fusedAllReduce(request: OverheadRequest): Interval {
  const { device, tensor, pipeline, data, version, eager, shape, measured } = request;
  const { value, low, high } = measured.tensorRtAllReduce;
  const rest = tensor > 2 ? 0.06 * gib : 0;
  const tensorRt = interval(value + rest, low + rest, high + rest);
  const chip = device.computeCapability === 9 || isDataCentreBlackwell(device);
  const alone = pipeline === 1 && data === 1;
  if (!isOn('fusedAllReduce', version) || tensor === 1 || !chip || eager || runsUncompiled(shape))
    return exact(0);
  if (!alone && !isOn('fusedAllReduceAnywhere', version)) return exact(0);
  if (!isOn('multicastAllReduce', version)) return tensorRt;
  return isOn('sharedAllReduce', version)
    ? multicastBytes
    : interval(value + multicastBytes.value, low, high + multicastBytes.high);
}

/** Output counts, prompt mask and grammar mask of every sequence; encoder buffer of multimodal models. */
function samplerState({ shape, limits, bytes }: OverheadRequest): number {
  const masks = 2 * Math.ceil(shape.vocabulary / 32);
  const tables = limits.sequences * (shape.vocabulary + masks) * 4;
  return tables + (shape.multimodal ? limits.batchedTokens * shape.hiddenSize * bytes : 0);
}
