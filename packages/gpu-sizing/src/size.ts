import { blocksPerRequest, longestLength, type RequestShape } from './cache/capacity.ts';
import type { CacheLayout } from './cache/cache-spec.ts';
import { rankLayout } from './cache/rank-layout.ts';
import { contextOf } from './compile-request.ts';
import { isOn } from './engine/switches.ts';
import { SizingInputError } from './errors.ts';
import { interval, map, type Interval } from './interval.ts';
import { memoryRefusals } from './memory-refusals.ts';
import { rankOf, type Rank } from './rank-account.ts';
import { refusals } from './refuse.ts';
import type { SizeContext } from './size-context.ts';
import type { Size, SizeRequest } from './size-request.ts';
import { derivationOf, warningsOf } from './size-story.ts';
import { stagesOf } from './weights/stages.ts';

/** Accounts for one start of vLLM: weights, overheads, cache, tokens, verdict. */
export function size(request: SizeRequest): Size {
  const context = contextOf(request);
  const sized = account(context);
  if (sized.fits || !context.sorts || isOn('samplerIsKnown', context.version)) return sized;
  const lean = account({ ...context, sorts: false });
  return lean.fits
    ? { ...lean, warnings: [...lean.warnings, ...sized.reasons.map(onlyWithFlashInfer)] }
    : sized;
}

/** Releases that look for FlashInfer do not tell whether it is installed. */
function onlyWithFlashInfer(reason: string): string {
  return `starts only where FlashInfer's sampler is installed; without it ${reason}`;
}

function account(context: SizeContext): Size {
  const { request } = context;
  const ranks = stagesOf(context.shape, context.pipeline).map((stage) => rankOf(context, stage));
  const [first] = ranks;
  const layout =
    context.pipeline === 1 && first !== undefined ? first.layout : rankLayout(context, context.shape.layers);
  const available = smallest(ranks.map((rank) => rank.available));
  if (first === undefined) throw new SizingInputError('BAD_INPUT', 'pp', 'must be 1 or more');
  const tight = ranks.toSorted((a, b) => a.available.value - b.available.value)[0] ?? first;
  const asked: RequestShape = {
    length: context.length,
    inFlight: tokensInFlight(context),
    alignsStates: context.alignsStates,
    speculative: request.numSpeculativeTokens ?? 0,
  };
  const perRequest = blocksPerRequest(layout, asked);
  const blocksOf = (change: (rank: Rank) => number): number =>
    layout.groups.length === 0
      ? 0
      : Math.max(0, Math.min(...ranks.map((rank) => Math.floor(change(rank) / rank.layout.bytesPerBlock))));
  const blocks = interval(
    blocksOf((rank) => rank.available.value),
    blocksOf((rank) => rank.available.low),
    blocksOf((rank) => rank.available.high),
  );
  const concurrency = map(blocks, (count) =>
    perRequest === 0 ? context.limits.sequences : count / perRequest,
  );
  const cacheDoubt = layout.doubtful || context.shape.unknown.length > 0 ? 0.15 : 0;
  const tokens = widen(
    map(blocks, (count) => tokensOf(context, layout, count, perRequest)),
    cacheDoubt,
  );
  const spare = isOn('nullBlockInFit', context.version) ? 1 : 0;
  const limit = context.longest ?? 1_048_576;
  const longest = map(blocks, (count) => longestLength(layout, count - spare, limit, asked));
  const reasons = [
    ...refusals(context),
    ...memoryRefusals({
      context,
      tight,
      layout,
      blocks: blocks.value,
      perRequest,
      longest: longest.value,
      spare,
    }),
  ];
  const weights = ranks.toSorted((a, b) => b.weights.value - a.weights.value)[0]?.weights ?? first.weights;
  const counted = [weights, available, tokens, concurrency, tight.graphs, longest];
  if (!counted.every(({ low, value, high }) => Number.isFinite(low + value + high)))
    throw new SizingInputError('BAD_INPUT', 'config', 'has sizes of 0 that no model can be made of');
  return {
    fits: reasons.length === 0,
    reasons,
    runtimeVersion: context.version,
    maxModelLen: context.length,
    maxNumSeqs: context.limits.sequences,
    maxNumBatchedTokens: context.limits.batchedTokens,
    gpuMemoryUtilization: context.limits.utilization,
    weightBytes: weights,
    activationBytes: tight.activation,
    nonTorchBytes: tight.nonTorch,
    loraBytes: tight.lora,
    reservedGraphBytes: tight.reserved,
    memoryBytes: request.device.memoryBytes,
    cudaGraphBytes: tight.graphs,
    kvCacheBytes: map(available, (bytes) => Math.max(0, bytes)),
    kvTokens: tokens,
    maxConcurrency: widen(concurrency, cacheDoubt),
    longestModelLen: longest,
    bytesPerBlock: layout.bytesPerBlock,
    blocksPerRequest: perRequest,
    budgetBytes: tight.budget,
    warnings: warningsOf(context, layout),
    unknown: [...context.shape.unknown, ...(context.quantization?.unknown ?? [])],
    derivation: derivationOf({
      context,
      tight,
      layout,
      blocks: blocks.value,
      perRequest,
      tokens: tokens.value,
      longest: longest.value,
    }),
  };
}

function smallest(parts: readonly Interval[]): Interval {
  return {
    value: Math.min(...parts.map(({ value }) => value)),
    low: Math.min(...parts.map(({ low }) => low)),
    high: Math.min(...parts.map(({ high }) => high)),
  };
}

function widen(of: Interval, share: number): Interval {
  return interval(of.value, of.low * (1 - share), of.high * (1 + share));
}

/** Tokens that may be scheduled and not yet settled: one batch for each step in flight. */
function tokensInFlight({ version, pipeline, secondRunner, limits }: SizeContext): number {
  if (!isOn('asyncWindows', version)) return limits.batchedTokens;
  const batches = secondRunner || pipeline === 1 ? pipeline + 1 : pipeline;
  return batches * limits.batchedTokens;
}

/** The line "GPU KV cache size" as that version counts it. */
function tokensOf(
  { version, length }: SizeContext,
  layout: CacheLayout,
  blocks: number,
  perRequest: number,
): number {
  if (layout.groups.length === 0) return 0;
  if (isOn('tokensFromConcurrency', version)) return Math.floor((blocks / perRequest) * length);
  return Math.floor(blocks / layout.groups.length) * layout.tokenBlock;
}
