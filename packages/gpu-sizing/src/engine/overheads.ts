import { distinctMixers } from '../model/distinct-layers.ts';
import { bytesPerGiB } from '../bytes.ts';
import { exact, interval, type Interval } from '../interval.ts';
import type { Mixer, ModelShape } from '../model/model-shape.ts';
import type { BatchLimits, Device } from './defaults.ts';
import { isOn } from './switches.ts';

const gib = bytesPerGiB;
const mib = 1024 ** 2;

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

/** What vLLM sets aside for CUDA graphs; nothing before 0.21, though it captures them all the same. */
export function graphBytes(request: OverheadRequest): {
  readonly reserved: Interval;
  readonly captured: Interval;
} {
  if (request.eager) return { reserved: exact(0), captured: exact(0) };
  const estimate = graphEstimate(request);
  const captured = interval(0.65 * estimate.value, 0.35 * estimate.low, estimate.high);
  return { reserved: isOn('graphsSubtracted', request.version) ? estimate : exact(0), captured };
}

function graphEstimate({ shape, limits, device, tensor, layers }: OverheadRequest): Interval {
  const newer = (device.computeCapability ?? 9) >= 9;
  const graphs = Math.min(limits.captureSizes, limits.sequences >= 512 ? 51 : 35);
  const perGraph = mibPerGraph(distinctMixers(shape.layers), newer, tensor);
  const value = layers * graphs * perGraph * mib;
  const unmeasured = device.computeCapability === undefined || device.computeCapability >= 10;
  const doubt = unmeasured ? 0.6 : newer ? 0.3 : 0.12;
  return interval(value, value * (1 - doubt), value * (1 + doubt) + 0.06 * gib);
}

/** MiB of one layer in one full graph, from the start-up records of 0.29 and 0.30 (attention on SM90 grows with the heads of a rank). */
function mibPerGraph(mixers: readonly Mixer[], newer: boolean, tensor: number): number {
  const has = (kind: Mixer['kind']): boolean => mixers.some((mixer) => mixer.kind === kind);
  if (has('compressed')) return newer ? 1.1 : 0.63;
  if (has('latent')) return newer ? 1.39 : 0.63;
  if (has('mamba1')) return 0.2;
  const heads = Math.max(...mixers.map((mixer) => (mixer.kind === 'attention' ? mixer.heads : 1))) / tensor;
  const attention = newer ? 0.386 + 0.152 * Math.log2(Math.max(4, heads) / 16) : 0.365;
  return has('mamba2') || has('deltaNet') || has('gatedDelta')
    ? Math.max(attention, newer ? 0.6 : 0.4)
    : attention;
}
