import { bytesPerGiB } from '../bytes.ts';
import { exact, interval, type Interval } from '../interval.ts';
import type { ModelShape } from '../model/model-shape.ts';
import { isDataCentreBlackwell, type BatchLimits, type Device } from './defaults.ts';
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
  readonly measured: Measured;
}

/** Memory outside torch: kernels, collectives and, in the second runner, the sampler's tables. */
export function nonTorch(request: OverheadRequest): Interval {
  const { device, tensor, pipeline, version, measured } = request;
  const newer = (device.computeCapability ?? 9) >= 9;
  // No start-up of SM100 or SM120 was measured: twice the doubt of SM90.
  const fused = fusedAllReduce(request);
  const doubt = device.computeCapability === undefined || device.computeCapability >= 10 ? 2 : 1;
  if (request.secondRunner) {
    const base = newer ? measured.secondOutside : measured.secondOutsideOlder;
    const state = samplerState(request);
    return interval(
      base + state + fused.value,
      0.4 * base + 0.93 * state - 0.05 * gib + fused.low,
      base + state + (tensor > 1 ? 0.35 : 0.12) * doubt * gib + fused.high,
    );
  }
  if (tensor > 1) {
    const value = newer ? measured.firstOutsideParallel + fused.value : measured.firstOutsideParallelOlder;
    return newer
      ? interval(value, value - 0.35 * doubt * gib, value + 0.35 * doubt * gib + fused.high - fused.value)
      : interval(value, 0.2 * gib, 1.2 * gib);
  }
  const value = isOn('nonTorchQuarter', version) ? measured.firstOutside : measured.firstOutsideEarly;
  const own = pipeline > 1 ? 0.07 * gib : value;
  return interval(own, 0.3 * own, own + 0.12 * doubt * gib);
}

/** One buffer, where the switch supports multicast; no start of it was measured. */
const multicastBytes: Interval = interval(0.5 * gib, 0, 1.6 * gib);

/** FlashInfer's all-reduce fused with the norm: Hopper and data-centre Blackwell, compiled models. */
function fusedAllReduce(request: OverheadRequest): Interval {
  const { device, tensor, pipeline, data, version, eager, shape, measured } = request;
  const tensorRtBytes = measured.tensorRtAllReduce;
  const chip = device.computeCapability === 9 || isDataCentreBlackwell(device);
  const alone = pipeline === 1 && data === 1;
  if (!isOn('fusedAllReduce', version) || tensor === 1 || !chip || eager || runsUncompiled(shape))
    return exact(0);
  if (!alone && !isOn('fusedAllReduceAnywhere', version)) return exact(0);
  if (!isOn('multicastAllReduce', version)) return exact(tensorRtBytes + (tensor > 2 ? 0.06 * gib : 0));
  return isOn('sharedAllReduce', version)
    ? multicastBytes
    : interval(tensorRtBytes + multicastBytes.value, tensorRtBytes, tensorRtBytes + multicastBytes.high);
}

/** Output counts, prompt mask and grammar mask of every sequence; encoder buffer of multimodal models. */
function samplerState({ shape, limits, bytes }: OverheadRequest): number {
  const masks = 2 * Math.ceil(shape.vocabulary / 32);
  const tables = limits.sequences * (shape.vocabulary + masks) * 4;
  return tables + (shape.multimodal ? limits.batchedTokens * shape.hiddenSize * bytes : 0);
}
