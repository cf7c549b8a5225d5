import { bytesPerGiB, formatGiB } from '../bytes.ts';
import { exact, interval, widened, type Interval } from '../interval.ts';
import { distinctLayers, distinctMixers } from '../model/distinct-layers.ts';
import type { Mixer, ModelShape } from '../model/model-shape.ts';
import type { Measured } from './measured.ts';
import type { OverheadRequest } from './overheads.ts';
import { isOn, runsUncompiled } from './switches.ts';

const gib = bytesPerGiB;
const mib = 1024 ** 2;

export interface GraphBytes {
  /** Set aside before the cache is sized. */
  readonly reserved: Interval;
  /** What the capture takes in the end. */
  readonly captured: Interval;
  readonly how: () => string;
}

/**
 * CUDA graphs. Nothing is set aside for them before 0.20, and nothing by the second runner before 0.29, though both
 * capture them all the same.
 */
export function graphBytes(request: OverheadRequest): GraphBytes {
  if (request.eager) return { reserved: exact(0), captured: exact(0), how: () => 'switched off' };
  const { version, secondRunner } = request;
  const own = secondRunner ? secondRunnerGraphs(request) : firstRunnerGraphs(request);
  const { captured } = own;
  const { factor, reasons } = request.unlikeness;
  const estimate = widened(own.estimate, factor);
  const setAside = isOn(secondRunner ? 'graphsProfiledBySecondRunner' : 'graphsSubtracted', version);
  if (!setAside) return { reserved: exact(0), captured, how: () => 'not set aside by this version' };
  const unseen = request.measured.kinds.has(request.kind)
    ? []
    : [`no start of this kind was measured (${request.kind}), so a layer may take what any kind does`];
  return {
    reserved: estimate,
    captured,
    how: () =>
      [
        `estimate that this version sets aside, ${formatGiB(estimate.low)} to ${formatGiB(estimate.high)}`,
        ...unseen,
        ...reasons,
      ].join('; '),
  };
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
  kind,
}: OverheadRequest): GraphEstimate {
  const newer = (device.computeCapability ?? 9) >= 9;
  const mixers = distinctMixers(shape.layers);
  const accumulators = newer ? (0.25 * gib * widestHeads(mixers)) / tensor / 4096 : 0;
  const own = firstRunnerLayer(shape, measured);
  const perSize = measured.kinds.has(kind) ? own : unlike(own);
  const count = layers * limits.captureSizes * (newer ? 1 : 0.75);
  const sizes = count * perSize.value;
  const value = accumulators + sizes;
  // Only H100s were measured.
  const elsewhere = newer && device.computeCapability === 9 ? 0 : 0.25 * value;
  return {
    estimate: interval(
      value,
      Math.max(0, 0.75 * accumulators + count * perSize.low - elsewhere - 0.05 * gib),
      1.25 * accumulators + count * perSize.high + elsewhere + (tensor > 1 ? 0.9 : 0.1) * gib,
    ),
    captured: interval(0.37 * gib + 0.9 * sizes, 0.4 * value, 1.4 * value + 0.5 * gib),
  };
}

function firstRunnerLayer({ layers }: ModelShape, measured: Measured): Interval {
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
  const { limits, device, layers, measured, kind } = request;
  const newer = (device.computeCapability ?? 9) >= 9;
  const graphs = Math.min(limits.captureSizes, limits.sequences >= 512 ? 51 : 35);
  const own = secondRunnerLayer(request, newer);
  const one = measured.kinds.has(kind) ? own : unlike(own);
  const all = layers * graphs;
  const broken = runsUncompiled(request.shape) ? measured.brokenGraphs : exact(0);
  const estimate = interval(
    all * one.value + broken.value,
    all * one.low + broken.low,
    all * one.high + broken.high + 0.05 * gib,
  );
  return { estimate, captured: interval(0.65 * estimate.value, 0.35 * estimate.low, estimate.high) };
}

/** All kinds of layers that were measured lie between these: one that was not may be any of them. */
const anyLayer: Interval = interval(0.5 * mib, 0.2 * mib, 1.5 * mib);

function unlike({ value, low, high }: Interval): Interval {
  return interval(value, Math.min(low, anyLayer.low), Math.max(high, anyLayer.high));
}

function secondRunnerLayer({ shape, tensor, measured }: OverheadRequest, newer: boolean): Interval {
  const mixers = distinctMixers(shape.layers);
  const has = (kind: Mixer['kind']): boolean => mixers.some((mixer) => mixer.kind === kind);
  if (has('compressed')) return newer ? measured.secondGraphCompressed : measured.secondGraphLatentOlder;
  if (has('latent')) return newer ? measured.secondGraphLatent : measured.secondGraphLatentOlder;
  if (has('mamba1')) return exact(0.2 * mib);
  const heads = Math.max(...mixers.map((mixer) => (mixer.kind === 'attention' ? mixer.heads : 1))) / tensor;
  const attention = newer ? newerAttention(heads, measured) : measured.secondGraphOlder;
  if (!has('mamba2') && !has('deltaNet') && !has('gatedDelta')) return attention;
  const state = newer ? measured.secondGraphState : exact(0.4 * mib);
  return attention.value > state.value ? attention : state;
}

function newerAttention(heads: number, { secondGraph, secondGraphPerDoubledHeads }: Measured): Interval {
  const doublings = Math.log2(Math.max(4, heads) / 16);
  const sides = [secondGraphPerDoubledHeads.low * doublings, secondGraphPerDoubledHeads.high * doublings];
  return interval(
    secondGraph.value + secondGraphPerDoubledHeads.value * doublings,
    secondGraph.low + Math.min(...sides),
    secondGraph.high + Math.max(...sides),
  );
}
