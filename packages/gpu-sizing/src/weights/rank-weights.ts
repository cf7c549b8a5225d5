import { formatGiB } from '../bytes.ts';
import { kindOf } from '../engine/likeness.ts';
import { measured, type Measured } from '../engine/measured.ts';
import { isOn } from '../engine/switches.ts';
import { exact, interval, map, type Interval } from '../interval.ts';
import { distinctMixers } from '../model/distinct-layers.ts';
import type { ModelShape } from '../model/model-shape.ts';
import type { Quantization } from '../model/quantization.ts';
import { servedBytes } from './dtypes.ts';
import type { Split } from './layer-parts.ts';
import { paddedExpertFactor } from './padding.ts';
import { partBytes, readStored, type Reading } from './stored.ts';
import { stageParts, type Stage } from './stages.ts';

export interface WeightRequest {
  readonly shape: ModelShape;
  readonly quantization: Quantization | undefined;
  /** Quantized while loading: the stored bytes are those of the plain checkpoint. */
  readonly inFlight: boolean;
  readonly storedBytes: number | undefined;
  readonly dtype: string | undefined;
  readonly split: Split;
  readonly computeCapability: number | undefined;
  readonly runtimeVersion: string;
  readonly measured?: Measured;
  /** Some buffers of a layer are as long as a batch; absent = not counted. */
  readonly batchedTokens?: number;
}

export interface RankWeights {
  readonly bytes: Interval;
  readonly how: string;
}

/** Start-ups of small models print up to 0.07 GiB that no tensor explains. */
const unexplainedBytes = 0.03 * 1024 ** 3;

/** Bytes that vLLM reports as loaded on one rank of a stage. */
export function rankWeights(request: WeightRequest, stage: Stage): RankWeights {
  const { shape, quantization, storedBytes, split } = request;
  const plain = servedBytes(shape.dtype, request.dtype);
  const plainReading = storedBytes === undefined ? undefined : readStored(shape, storedBytes, undefined);
  const ownReading = storedBytes === undefined ? undefined : readStored(shape, storedBytes, quantization);
  // A named method is applied while loading only where the files are those of the plain checkpoint.
  const inFlight =
    request.inFlight && (plainReading?.misread ?? 0) <= (ownReading?.misread ?? Number.POSITIVE_INFINITY);
  const stored = inFlight ? plainReading : ownReading;
  const reading: Reading = stored ?? {
    covers: quantization?.covers ?? new Set(),
    ratio: 1,
    misread: 0,
    visionBytes: undefined,
    how: 'computed from the config',
  };
  const covers = inFlight ? (quantization?.covers ?? reading.covers) : reading.covers;
  const padding = paddedExpertFactor(request);
  let bytes = 0;
  let derived = 0;
  let padded = 0;
  for (const part of stageParts(shape, stage, split)) {
    const own = partBytes(part, plain, quantization, covers);
    if (part.derived === true) derived += own;
    else if (part.kind === 'vision')
      bytes +=
        reading.visionBytes === undefined
          ? own
          : (reading.visionBytes / (shape.vision?.whole === true ? 1 : split.tensor)) * (plain / 2);
    else if (part.kind === 'experts') {
      bytes += own * padding;
      padded += own * (padding - 1);
    } else bytes += own;
  }
  const scaled = bytes * reading.ratio;
  const ropes = shape.ropeCaches.reduce(
    (total, rope) =>
      total +
      rope.positions *
        (rope.interleaved && !isOn('plainInterleavedRope', request.runtimeVersion) ? 4 : 1) *
        rope.size *
        (rope.wide ? 4 : plain),
    0,
  );
  const constants = request.measured ?? measured;
  const awq = quantization !== undefined && /awq/.test(quantization.method) ? constants.awqWork : exact(0);
  const pooled = map(
    hasPooledIndex(stage) ? constants.pooledIndexPerToken : exact(0),
    (perToken) => perToken * (request.batchedTokens ?? 0),
  );
  const extra = awq.value + pooled.value;
  const value = scaled + derived + ropes + extra;
  const doubt = doubtOf(request, reading, stage);
  const copies = wasMeasured(shape, constants) ? 0 : unmeasuredCopies;
  return {
    bytes: interval(
      value,
      // Some kernels do without the padding, some versions without the copies.
      (value - derived - extra - padded) * (1 - doubt) - unexplainedBytes,
      value * (1 + doubt + copies) + awq.high + pooled.high - extra + 2.5 * unexplainedBytes,
    ),
    how: `${reading.how}${Math.abs(reading.ratio - 1) > 0.001 ? `, corrected by ${reading.ratio.toFixed(4)}` : ''}${padding > 1.0001 ? `, experts padded by ${((padding - 1) * 100).toFixed(1)} %` : ''}${extra > 0 ? `, and buffers in no file: ${formatGiB(awq.low + pooled.low)} to ${formatGiB(awq.high + pooled.high)}` : ''}${copies > 0 ? `; no start with such layers was measured, so copies and buffers made after loading may take ${100 * copies} % more` : ''}`,
  };
}

/** What the pooled indexer of the one family that has it loads beside its files, as a part of all. */
const unmeasuredCopies = 0.02;

function wasMeasured(shape: ModelShape, { kinds }: Measured): boolean {
  return kinds.has(kindOf(shape, false)) || kinds.has(kindOf(shape, true));
}

function hasPooledIndex({ layers }: Stage): boolean {
  return distinctMixers(layers).some((mixer) => mixer.kind === 'latent' && mixer.index?.pooled === true);
}

/** Half-width of the interval: what the sheet's measured points show for layouts that are understood, more for those that are not. */
function doubtOf(request: WeightRequest, reading: Reading, stage: Stage): number {
  const { shape, quantization, storedBytes } = request;
  const base = storedBytes === undefined ? 0.012 : 0.005;
  const misread = Math.min(0.15, 1.5 * reading.misread);
  const unknown = shape.unknown.length > 0 || (quantization?.unknown.length ?? 0) > 0 ? 0.05 : 0;
  const repacked = quantization === undefined ? 0 : 0.01;
  const small = stage.layers.length > 0 && shape.multimodal ? 0.005 : 0;
  return base + misread + unknown + repacked + small;
}
