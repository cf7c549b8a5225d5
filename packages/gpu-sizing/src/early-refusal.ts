import { formatGiB } from './bytes.ts';
import { contextOf } from './compile-request.ts';
import { SizingInputError } from './errors.ts';
import { refusals } from './refuse.ts';
import type { SizeContext } from './size-context.ts';
import type { SizeRequest } from './size-request.ts';
import { rankWeights } from './weights/rank-weights.ts';
import { stagesOf } from './weights/stages.ts';

/** What follows from a shape alone, whatever the memory of the GPU. */
interface ShapeFacts {
  readonly reasons: readonly string[];
  /** On the fullest rank. */
  readonly weightBytes: number;
}

const known = new WeakMap<object, Map<string, ShapeFacts | SizingInputError>>();

/**
 * Why a shape cannot start, told without the account of its memory: what vLLM refuses, and weights larger than the GPU.
 * A sweep asks about the same few shapes for every machine, so what does not depend on memory is kept per config.
 */
export function earlyRefusal(request: SizeRequest): readonly string[] {
  const { reasons, weightBytes } = factsOf(request);
  if (reasons.length > 0) return reasons;
  const { memoryBytes } = request.device;
  return weightBytes > memoryBytes
    ? [`weights of ${formatGiB(weightBytes)} exceed the ${formatGiB(memoryBytes)} of a GPU`]
    : [];
}

function factsOf(request: SizeRequest): ShapeFacts {
  const ofConfig = known.get(request.config) ?? new Map<string, ShapeFacts | SizingInputError>();
  known.set(request.config, ofConfig);
  const key = keyOf(request);
  const facts = ofConfig.get(key) ?? tried(request);
  ofConfig.set(key, facts);
  if (facts instanceof SizingInputError) throw facts;
  return facts;
}

function tried(request: SizeRequest): ShapeFacts | SizingInputError {
  try {
    return readFacts(request);
  } catch (error) {
    if (error instanceof SizingInputError) return error;
    throw error;
  }
}

/** Everything that weights and refusals depend on. */
function keyOf(request: SizeRequest): string {
  return [
    request.tensorParallelSize,
    request.pipelineParallelSize,
    request.dataParallelSize,
    request.expertParallel,
    request.device.computeCapability,
    request.device.name,
    request.runtimeVersion,
    request.weightsBytes,
    request.maxModelLen,
    request.dtype,
    request.quantization,
    request.numSpeculativeTokens,
    request.cpuOffloadBytes,
  ].join(' ');
}

function readFacts(request: SizeRequest): ShapeFacts {
  const context = contextOf(request);
  // What is not understood is left to the account that says so.
  const unclear = context.shape.unknown.length + (context.quantization?.unknown.length ?? 0) > 0;
  if (unclear) return { reasons: [], weightBytes: 0 };
  const reasons = refusals(context);
  return { reasons, weightBytes: reasons.length > 0 ? 0 : fullestRank(context) };
}

function fullestRank(context: SizeContext): number {
  const { request, shape, quantization, inFlight, split, device, version } = context;
  const bytes = stagesOf(shape, context.pipeline).map(
    (stage) =>
      rankWeights(
        {
          shape,
          quantization,
          inFlight,
          storedBytes: request.weightsBytes,
          dtype: request.dtype,
          split,
          computeCapability: device.computeCapability,
          runtimeVersion: version,
        },
        stage,
      ).bytes.value,
  );
  return Math.max(...bytes) - (request.cpuOffloadBytes ?? 0);
}
