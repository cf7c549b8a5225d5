import type { CacheLayout } from './cache/cache-spec.ts';
import { rankLayout } from './cache/rank-layout.ts';
import { activationPeak } from './engine/activation.ts';
import { kindOf } from './engine/likeness.ts';
import { graphBytes } from './engine/graphs.ts';
import { nonTorch } from './engine/overheads.ts';
import { exact, interval, map, type Interval } from './interval.ts';
import type { SizeContext } from './size-context.ts';
import { loraBytes } from './weights/lora.ts';
import { rankWeights } from './weights/rank-weights.ts';
import type { Stage } from './weights/stages.ts';

/** The account of one rank of one pipeline stage. */
export interface Rank {
  readonly weights: Interval;
  readonly weightsHow: string;
  readonly activation: Interval;
  readonly activationHow: string;
  readonly nonTorch: Interval;
  readonly nonTorchHow: () => string;
  readonly graphs: Interval;
  readonly reserved: Interval;
  readonly graphsHow: () => string;
  readonly captured: Interval;
  readonly lora: number;
  readonly budget: number;
  readonly available: Interval;
  readonly layout: CacheLayout;
}

export function rankOf(context: SizeContext, stage: Stage): Rank {
  const {
    request,
    shape,
    limits,
    device,
    tensor,
    pipeline,
    modelBytes,
    version,
    secondRunner,
    eager,
    split,
  } = context;
  const loaded = rankWeights(
    {
      shape,
      quantization: context.quantization,
      inFlight: context.inFlight,
      storedBytes: request.weightsBytes,
      dtype: request.dtype,
      split,
      computeCapability: device.computeCapability,
      runtimeVersion: version,
      measured: context.measured,
      batchedTokens: limits.batchedTokens,
    },
    stage,
  );
  const offloaded = request.cpuOffloadBytes ?? 0;
  const weights = map(loaded.bytes, (bytes) => Math.max(0, bytes - offloaded));
  const kind = kindOf(shape, secondRunner);
  const { peak, how } = activationPeak({
    shape,
    layers: stage.layers,
    limits,
    tensor,
    experts: split.experts,
    bytes: modelBytes,
    length: context.length,
    version,
    secondRunner,
    sorts: context.sorts,
    last: stage.last,
    eager,
    expertScheme: context.quantization?.experts.name,
    device,
    kind,
    measured: context.measured,
  });
  const overhead = {
    shape,
    limits,
    device,
    tensor,
    pipeline,
    data: request.dataParallelSize ?? 1,
    bytes: modelBytes,
    version,
    secondRunner,
    eager,
    layers: stage.layers.length,
    kind,
    unlikeness: context.unlikeness,
    measured: context.measured,
  };
  const outside = nonTorch(overhead);
  const graphs = graphBytes(overhead);
  const lora = loraBytes(context, stage.layers);
  const budget = Math.ceil(device.memoryBytes * limits.utilization);
  const fixed = request.kvCacheMemoryBytes;
  const available =
    fixed === undefined
      ? subtract(budget - lora, [weights, peak, outside.bytes, graphs.reserved])
      : exact(fixed);
  return {
    weights,
    weightsHow: loaded.how,
    activation: peak,
    activationHow: how,
    nonTorch: outside.bytes,
    nonTorchHow: outside.how,
    graphs: graphs.reserved.high > 0 ? graphs.reserved : graphs.captured,
    reserved: graphs.reserved,
    graphsHow: graphs.how,
    captured: graphs.captured,
    lora,
    budget,
    available,
    layout: rankLayout(context, stage.layers),
  };
}

/** Independent doubts are added as squares. */
function subtract(from: number, parts: readonly Interval[]): Interval {
  const value = parts.reduce((left, part) => left - part.value, from);
  const spread = (side: (part: Interval) => number): number =>
    Math.sqrt(parts.reduce((total, part) => total + side(part) ** 2, 0));
  return interval(
    value,
    value - spread((part) => part.high - part.value),
    value + spread((part) => part.value - part.low),
  );
}
