import { bytesPerGiB } from '../bytes.ts';
import { interval, type Interval } from '../interval.ts';
import type { ModelShape } from '../model/model-shape.ts';
import type { BatchLimits, Device } from './defaults.ts';
import { isOn } from './switches.ts';

const gib = bytesPerGiB;

export interface OverheadRequest {
  readonly shape: ModelShape;
  readonly limits: BatchLimits;
  readonly device: Device;
  readonly tensor: number;
  readonly pipeline: number;
  readonly bytes: number;
  readonly version: string;
  readonly secondRunner: boolean;
  readonly eager: boolean;
  readonly layers: number;
}

/** Memory outside torch: kernels, collectives and, in the second runner, the sampler's tables. */
export function nonTorch(request: OverheadRequest): Interval {
  const { device, tensor, pipeline, version } = request;
  const newer = (device.computeCapability ?? 9) >= 9;
  // No start-up of SM100 or SM120 was measured: twice the doubt of SM90.
  const doubt = device.computeCapability === undefined || device.computeCapability >= 10 ? 2 : 1;
  if (request.secondRunner) {
    const base = (newer ? 0.3 : 0.109) * gib;
    const state = samplerState(request);
    return interval(
      base + state,
      0.6 * base + 0.97 * state - 0.03 * gib,
      base + state + (tensor > 1 ? 0.3 : 0.06) * doubt * gib,
    );
  }
  if (tensor > 1) {
    const value = (isOn('nonTorchParallelTwo', version) ? (tensor > 2 ? 2.17 : 2.09) : 0.55) * gib;
    // The 2 GiB belong to the fused all-reduce of SM90; older GPUs were measured at 0.55 only.
    return newer
      ? interval(value, value - 0.2 * doubt * gib, value + 0.2 * doubt * gib)
      : interval(0.6 * gib, 0.2 * gib, value + 0.1 * gib);
  }
  const value = (isOn('nonTorchQuarter', version) ? 0.25 : 0.13) * gib;
  const own = pipeline > 1 ? 0.07 * gib : value;
  return interval(own, 0.5 * own, own + 0.08 * doubt * gib);
}

/** Output counts, prompt mask and grammar mask of every sequence; encoder buffer of multimodal models. */
function samplerState({ shape, limits, bytes }: OverheadRequest): number {
  const masks = 2 * Math.ceil(shape.vocabulary / 32);
  const tables = limits.sequences * (shape.vocabulary + masks) * 4;
  return tables + (shape.multimodal ? limits.batchedTokens * shape.hiddenSize * bytes : 0);
}
