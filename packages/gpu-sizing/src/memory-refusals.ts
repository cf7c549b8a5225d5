import { bytesPerGiB, formatGiB } from './bytes.ts';
import type { CacheLayout } from './cache/cache-spec.ts';
import { isOn } from './engine/switches.ts';
import type { Rank } from './rank-account.ts';
import type { SizeContext } from './size-context.ts';

export interface MemoryQuestion {
  readonly context: SizeContext;
  readonly tight: Rank;
  readonly layout: CacheLayout;
  readonly blocks: number;
  readonly perRequest: number;
  readonly longest: number;
  readonly spare: number;
}

/** CUDA context and NCCL, which are there before vLLM looks at the free memory. */
const contextBytes = 0.5 * bytesPerGiB;
const contextParallelBytes = 1.5 * bytesPerGiB;
const contextParallelOlderBytes = 0.8 * bytesPerGiB;

/** Why the memory that is left would not let this start. */
export function memoryRefusals({
  context,
  tight,
  layout,
  blocks,
  perRequest,
  longest,
  spare,
}: MemoryQuestion): readonly string[] {
  const { device, limits, request } = context;
  const reasons: string[] = [];
  const free = device.memoryBytes - contextOf(context);
  if (request.kvCacheMemoryBytes === undefined && tight.budget > free)
    reasons.push(
      `${limits.utilization} of ${formatGiB(device.memoryBytes)} is more than the ${formatGiB(free)} that are free once CUDA has started`,
    );
  else if (request.kvCacheMemoryBytes === undefined && outgrows(tight, free))
    reasons.push(
      `CUDA graphs of ${formatGiB(tight.captured.low)} and more come on top of ${limits.utilization} of ${formatGiB(device.memoryBytes)} in this version, more than the ${formatGiB(free)} that are free once CUDA has started`,
    );
  if (tight.weights.value > free)
    reasons.push(`weights of ${formatGiB(tight.weights.value)} exceed the ${formatGiB(free)} that are free`);
  else if (tight.available.value <= 0)
    reasons.push(
      `weights of ${formatGiB(tight.weights.value)} and ${formatGiB(tight.activation.value + tight.nonTorch.value + tight.reserved.value)} beside them leave nothing of ${formatGiB(tight.budget)} for the KV cache`,
    );
  else if (
    layout.groups.length > 0 &&
    (request.maxModelLen === -1 ? longest < 1 : blocks - spare < perRequest)
  )
    reasons.push(
      `one request of ${context.length} tokens needs ${formatGiB(perRequest * layout.bytesPerBlock)} of KV cache, ${formatGiB(Math.max(0, tight.available.value))} are left; the longest that fits is ${longest}`,
    );
  if (reasons.length > 0) return reasons;
  return stateRefusals({ context, tight, layout, blocks, perRequest, longest, spare });
}

function contextOf({ tensor, device }: SizeContext): number {
  if (tensor === 1) return contextBytes;
  return (device.computeCapability ?? 9) >= 9 ? contextParallelBytes : contextParallelOlderBytes;
}

/** Graphs that nothing was set aside for must find room beside the budget. */
function outgrows({ budget, reserved, captured }: Rank, free: number): boolean {
  return reserved.value === 0 && budget + captured.low > free;
}

/** Full graphs hold one state per sequence, first while they are profiled and then for good. */
function stateRefusals({ context, tight, layout, blocks }: MemoryQuestion): readonly string[] {
  const { limits, device, version } = context;
  if (!layout.hasStates || context.eager || !isOn('stateBlocksRefused', version)) return [];
  if (limits.sequences > blocks)
    return [
      `max-num-seqs ${limits.sequences} exceeds the ${blocks} state blocks of the cache; set it to ${blocks} or less`,
    ];
  const profiled = Math.min(limits.sequences, limits.largestCapture) * tight.layout.bytesPerBlock;
  const needed =
    tight.weights.value + profiled + tight.activation.value + tight.nonTorch.value + contextBytes;
  return needed > device.memoryBytes
    ? [
        `profiling CUDA graphs first takes ${formatGiB(profiled)} for the states of ${Math.min(limits.sequences, limits.largestCapture)} sequences, which do not fit beside the weights; lower max-num-seqs`,
      ]
    : [];
}
