import { bytesPerGiB } from '../bytes.ts';
import { exact, interval, type Interval } from '../interval.ts';
import { distinctLayers, distinctMixers } from '../model/distinct-layers.ts';
import type { Mixer, ModelShape } from '../model/model-shape.ts';
import type { OverheadRequest } from './overheads.ts';
import { isOn } from './switches.ts';

const gib = bytesPerGiB;
const mib = 1024 ** 2;

export interface GraphBytes {
  /** Set aside before the cache is sized. */
  readonly reserved: Interval;
  /** What the capture takes in the end. */
  readonly captured: Interval;
}

/**
 * CUDA graphs. Nothing is set aside for them before 0.20, and nothing by the second runner before 0.29, though both
 * capture them all the same.
 */
export function graphBytes(request: OverheadRequest): GraphBytes {
  if (request.eager) return { reserved: exact(0), captured: exact(0) };
  const { version, secondRunner } = request;
  const { estimate, captured } = secondRunner ? secondRunnerGraphs(request) : firstRunnerGraphs(request);
  const setAside = isOn(secondRunner ? 'graphsProfiledBySecondRunner' : 'graphsSubtracted', version);
  return { reserved: setAside ? estimate : exact(0), captured };
}

interface GraphEstimate {
  readonly estimate: Interval;
  readonly captured: Interval;
}

/**
 * The first runner captures one graph of each sort and multiplies (32 starts of 0.19 on H100: dense layers 0.30 to 0.41
 * MiB a size, experts 0.42 to 0.59, latent attention 0.86, and FlashAttention's accumulators once). Two of the six starts
 * over two ranks estimated 1 GiB more, which no size explains.
 */
function firstRunnerGraphs({ shape, limits, device, tensor, layers }: OverheadRequest): GraphEstimate {
  const newer = (device.computeCapability ?? 9) >= 9;
  const mixers = distinctMixers(shape.layers);
  const accumulators = newer ? (0.25 * gib * widestHeads(mixers)) / tensor / 4096 : 0;
  const perSize = firstRunnerLayer(shape, mixers) * (newer ? 1 : 0.75) * mib;
  const sizes = layers * limits.captureSizes * perSize;
  const value = accumulators + sizes;
  const doubt = newer && device.computeCapability === 9 ? 0.25 : 0.5;
  return {
    estimate: interval(
      value,
      (1 - doubt) * value - 0.05 * gib,
      (1 + doubt) * value + (tensor > 1 ? 0.9 : 0.1) * gib,
    ),
    captured: interval(0.37 * gib + 0.9 * sizes, 0.4 * value, 1.4 * value + 0.5 * gib),
  };
}

function firstRunnerLayer({ layers }: ModelShape, mixers: readonly Mixer[]): number {
  if (mixers.some(({ kind }) => kind === 'latent' || kind === 'compressed')) return 0.86;
  const experts = distinctLayers(layers).some(({ layer }) =>
    layer.feedForward.some(({ kind }) => kind === 'experts'),
  );
  return experts ? 0.5 : 0.37;
}

function widestHeads(mixers: readonly Mixer[]): number {
  return Math.max(
    0,
    ...mixers.map((mixer) => (mixer.kind === 'attention' ? mixer.heads * mixer.headSize : 0)),
  );
}

function secondRunnerGraphs({ shape, limits, device, tensor, layers }: OverheadRequest): GraphEstimate {
  const newer = (device.computeCapability ?? 9) >= 9;
  const graphs = Math.min(limits.captureSizes, limits.sequences >= 512 ? 51 : 35);
  const perGraph = mibPerGraph(distinctMixers(shape.layers), newer, tensor);
  const value = layers * graphs * perGraph * mib;
  const unmeasured = device.computeCapability === undefined || device.computeCapability >= 10;
  const doubt = unmeasured ? 0.6 : newer ? 0.3 : 0.12;
  const estimate = interval(value, value * (1 - doubt), value * (1 + doubt) + 0.06 * gib);
  return { estimate, captured: interval(0.65 * value, 0.35 * estimate.low, estimate.high) };
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
