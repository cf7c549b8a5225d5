import { bytesPerGiB } from '../bytes.ts';
import { exact, interval, type Interval } from '../interval.ts';
import { distinctLayers, distinctMixers } from '../model/distinct-layers.ts';
import type { Mixer, ModelShape } from '../model/model-shape.ts';
import type { Measured } from './measured.ts';
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
function firstRunnerGraphs({
  shape,
  limits,
  device,
  tensor,
  layers,
  measured,
}: OverheadRequest): GraphEstimate {
  const newer = (device.computeCapability ?? 9) >= 9;
  const mixers = distinctMixers(shape.layers);
  const accumulators = newer ? (0.25 * gib * widestHeads(mixers)) / tensor / 4096 : 0;
  const perSize = firstRunnerLayer(shape, measured) * (newer ? 1 : 0.75);
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

function firstRunnerLayer({ layers }: ModelShape, measured: Measured): number {
  if (distinctMixers(layers).some(({ kind }) => kind === 'latent' || kind === 'compressed'))
    return measured.firstGraphLatent;
  const experts = distinctLayers(layers).some(({ layer }) =>
    layer.feedForward.some(({ kind }) => kind === 'experts'),
  );
  return experts ? measured.firstGraphExperts : measured.firstGraphDense;
}

function widestHeads(mixers: readonly Mixer[]): number {
  return Math.max(
    0,
    ...mixers.map((mixer) => (mixer.kind === 'attention' ? mixer.heads * mixer.headSize : 0)),
  );
}

function secondRunnerGraphs(request: OverheadRequest): GraphEstimate {
  const { limits, device, layers } = request;
  const newer = (device.computeCapability ?? 9) >= 9;
  const graphs = Math.min(limits.captureSizes, limits.sequences >= 512 ? 51 : 35);
  const value = layers * graphs * secondRunnerLayer(request, newer);
  const unmeasured = device.computeCapability === undefined || device.computeCapability >= 10;
  const doubt = unmeasured ? 0.6 : newer ? 0.35 : 0.2;
  const estimate = interval(value, value * (1 - doubt), value * (1 + doubt) + 0.1 * gib);
  return { estimate, captured: interval(0.65 * value, 0.35 * estimate.low, estimate.high) };
}

function secondRunnerLayer({ shape, tensor, measured }: OverheadRequest, newer: boolean): number {
  const mixers = distinctMixers(shape.layers);
  const has = (kind: Mixer['kind']): boolean => mixers.some((mixer) => mixer.kind === kind);
  if (has('compressed')) return newer ? measured.secondGraphCompressed : measured.secondGraphLatentOlder;
  if (has('latent')) return newer ? measured.secondGraphLatent : measured.secondGraphLatentOlder;
  if (has('mamba1')) return 0.2 * mib;
  const heads = Math.max(...mixers.map((mixer) => (mixer.kind === 'attention' ? mixer.heads : 1))) / tensor;
  const doublings = Math.log2(Math.max(4, heads) / 16);
  const attention = newer
    ? measured.secondGraph + measured.secondGraphPerDoubledHeads * doublings
    : measured.secondGraphOlder;
  return has('mamba2') || has('deltaNet') || has('gatedDelta')
    ? Math.max(attention, newer ? measured.secondGraphState : 0.4 * mib)
    : attention;
}
