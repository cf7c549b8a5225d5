import { compareVersions } from '@kaito-ts/preset-catalog';
import { bytesPerGiB, formatGiB } from './bytes.ts';
import { blocksPerRequest, longestLength, type RequestShape } from './cache/capacity.ts';
import type { CacheLayout } from './cache/cache-spec.ts';
import { rankLayout } from './cache/rank-layout.ts';
import { activationPeak } from './engine/activation.ts';
import { batchLimits } from './engine/defaults.ts';
import { graphBytes, nonTorch } from './engine/overheads.ts';
import { isOn, oldestVersion, usesSecondRunner } from './engine/switches.ts';
import { SizingInputError } from './errors.ts';
import { exact, interval, map, type Interval } from './interval.ts';
import type { ModelShape } from './model/model-shape.ts';
import { readModelShape } from './model/read-shape.ts';
import { readQuantization } from './model/quantization.ts';
import { loraBytes } from './weights/lora.ts';
import { refusals } from './refuse.ts';
import type { SizeContext } from './size-context.ts';
import type { Size, SizeRequest, SizeStep } from './size-request.ts';
import { servedBytes } from './weights/dtypes.ts';
import { rankWeights } from './weights/rank-weights.ts';
import { stagesOf, type Stage } from './weights/stages.ts';

/** Accounts for one start of vLLM: weights, overheads, cache, tokens, verdict. */
export function size(request: SizeRequest): Size {
  const context = contextOf(request);
  const ranks = stagesOf(context.shape, context.pipeline).map((stage) => rankOf(context, stage));
  const layout = rankLayout(context, context.shape.layers);
  const available = smallest(ranks.map((rank) => rank.available));
  const [first] = ranks;
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
  const limit = context.shape.derivedLength ?? 1_048_576;
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

const shapes = new WeakMap<object, ModelShape>();

/** The same config is asked about again and again in a sweep. */
function shapeOf(config: SizeRequest['config']): ModelShape {
  const known = shapes.get(config);
  if (known !== undefined) return known;
  const shape = readModelShape(config);
  shapes.set(config, shape);
  return shape;
}

function contextOf(request: SizeRequest): SizeContext {
  const version = request.runtimeVersion;
  if (compareVersions(version, oldestVersion) < 0)
    throw new SizingInputError(
      'UNSUPPORTED_VERSION',
      'runtimeVersion',
      `${version} is older than ${oldestVersion}, whose budget follows other rules`,
    );
  checkCounts(request);
  const shape = shapeOf(request.config);
  const published = request.config['quantization_config'] !== undefined;
  const quantization = readQuantization(request.config, request.quantization ?? undefined);
  const tensor = request.tensorParallelSize ?? 1;
  const pipeline = request.pipelineParallelSize ?? 1;
  const data = request.dataParallelSize ?? 1;
  const modelBytes = servedBytes(shape.dtype, request.dtype);
  const wanted = request.maxModelLen;
  const length = wanted === undefined || wanted <= 0 ? (shape.derivedLength ?? 2048) : wanted;
  const limits = batchLimits(request.device, shape, version, {
    batchedTokens: request.maxNumBatchedTokens,
    sequences: request.maxNumSeqs,
    utilization: request.gpuMemoryUtilization,
    length,
  });
  const mixers = shape.layers.flatMap((layer) => layer.mixers);
  const hybrid =
    mixers.some(({ kind }) => kind === 'attention' || kind === 'latent') &&
    mixers.some(({ kind }) => kind !== 'attention' && kind !== 'latent' && kind !== 'compressed');
  return {
    request,
    shape,
    quantization,
    inFlight: !published && quantization !== undefined && !isPreQuantized(request),
    device: request.device,
    version,
    tensor,
    pipeline,
    split: {
      tensor,
      experts: request.expertParallel === true ? tensor * data : 1,
      expertWidth: request.expertParallel === true ? 1 : tensor * data,
    },
    length,
    limits,
    modelBytes,
    secondRunner: usesSecondRunner(shape, quantization !== undefined, version),
    eager: request.enforceEager === true,
    alignsStates: hybrid && (request.enablePrefixCaching ?? isOn('alignedStates', version)),
  };
}

/** A method that cannot be applied while loading must be that of the files. */
function isPreQuantized({ quantization = '' }: SizeRequest): boolean {
  return /awq|gptq|compressed|modelopt|mxfp4|auto|w4a16|w8a8/.test(quantization.toLowerCase());
}

function checkCounts(request: SizeRequest): void {
  const counts = {
    tp: request.tensorParallelSize,
    pp: request.pipelineParallelSize,
    dp: request.dataParallelSize,
    maxNumSeqs: request.maxNumSeqs,
    maxNumBatchedTokens: request.maxNumBatchedTokens,
    blockSize: request.blockSize,
  };
  for (const [key, value] of Object.entries(counts)) {
    if (value !== undefined && (!Number.isInteger(value) || value < 1))
      throw new SizingInputError('BAD_INPUT', key, `must be a whole number of 1 or more, not ${value}`);
  }
  const share = request.gpuMemoryUtilization;
  if (share !== undefined && !(share > 0 && share <= 1))
    throw new SizingInputError(
      'BAD_INPUT',
      'gpuMemoryUtilization',
      `must be above 0 and at most 1, not ${share}`,
    );
  const length = request.maxModelLen;
  if (length !== undefined && length !== -1 && (!Number.isInteger(length) || length < 1))
    throw new SizingInputError(
      'BAD_INPUT',
      'maxModelLen',
      `must be a whole number of 1 or more, or -1, not ${length}`,
    );
  if (!(request.device.memoryBytes > 0))
    throw new SizingInputError('BAD_INPUT', 'gpuMemoryBytes', 'must be above 0');
  if (request.weightsBytes !== undefined && !(request.weightsBytes > 0))
    throw new SizingInputError('BAD_INPUT', 'weightsBytes', 'must be above 0');
}

interface Rank {
  readonly weights: Interval;
  readonly weightsHow: string;
  readonly activation: Interval;
  readonly activationHow: string;
  readonly nonTorch: Interval;
  readonly graphs: Interval;
  readonly reserved: Interval;
  readonly lora: number;
  readonly budget: number;
  readonly available: Interval;
  readonly layout: CacheLayout;
}

function rankOf(context: SizeContext, stage: Stage): Rank {
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
    },
    stage,
  );
  const offloaded = request.cpuOffloadBytes ?? 0;
  const weights = map(loaded.bytes, (bytes) => Math.max(0, bytes - offloaded));
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
    last: stage.last,
    eager,
    expertScheme: context.quantization?.experts.name,
  });
  const overhead = {
    shape,
    limits,
    device,
    tensor,
    pipeline,
    bytes: modelBytes,
    version,
    secondRunner,
    eager,
    layers: stage.layers.length,
  };
  const outside = nonTorch(overhead);
  const graphs = graphBytes(overhead);
  const lora = loraBytes(context, stage.layers);
  const budget = Math.ceil(device.memoryBytes * limits.utilization);
  const fixed = request.kvCacheMemoryBytes;
  const available =
    fixed === undefined ? subtract(budget - lora, [weights, peak, outside, graphs.reserved]) : exact(fixed);
  return {
    weights,
    weightsHow: loaded.how,
    activation: peak,
    activationHow: how,
    nonTorch: outside,
    graphs: isOn('graphsSubtracted', version) ? graphs.reserved : graphs.captured,
    reserved: graphs.reserved,
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
  if (pipeline > 1) return (secondRunner ? pipeline + 1 : pipeline) * limits.batchedTokens;
  return (isOn('asyncWindows', version) ? 2 : 1) * limits.batchedTokens;
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

interface MemoryQuestion {
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

function memoryRefusals({
  context,
  tight,
  layout,
  blocks,
  perRequest,
  longest,
  spare,
}: MemoryQuestion): readonly string[] {
  const { device, limits, tensor, request } = context;
  const reasons: string[] = [];
  const free = device.memoryBytes - (tensor > 1 ? contextParallelBytes : contextBytes);
  if (request.kvCacheMemoryBytes === undefined && tight.budget > free)
    reasons.push(
      `${limits.utilization} of ${formatGiB(device.memoryBytes)} is more than the ${formatGiB(free)} that are free once CUDA has started`,
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

/** Full graphs hold one state per sequence, first while they are profiled and then for good. */
function stateRefusals({ context, tight, layout, blocks }: MemoryQuestion): readonly string[] {
  const { limits, device, version } = context;
  if (!layout.hasStates || context.eager || !isOn('graphsSubtracted', version)) return [];
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

function warningsOf({ shape, quantization, device }: SizeContext, layout: CacheLayout): readonly string[] {
  const unknown = [...shape.unknown, ...(quantization?.unknown ?? [])];
  const capability = device.computeCapability;
  return [
    ...(unknown.length > 0 ? [`not understood, so the estimate may be far off: ${unknown.join(', ')}`] : []),
    ...(layout.doubtful ? ['the layout of this cache is not known exactly'] : []),
    ...(capability !== undefined && capability >= 10
      ? ['no start on this generation of GPUs was measured; intervals are doubled']
      : []),
    ...(quantization !== undefined &&
    capability !== undefined &&
    capability < 8.9 &&
    /fp8/.test(quantization.linear.name)
      ? ['fp8 runs weight-only on this GPU']
      : []),
  ];
}

interface Story {
  readonly context: SizeContext;
  readonly tight: Rank;
  readonly layout: CacheLayout;
  readonly blocks: number;
  readonly perRequest: number;
  readonly tokens: number;
  readonly longest: number;
}

function derivationOf({
  context,
  tight,
  layout,
  blocks,
  perRequest,
  tokens,
  longest,
}: Story): readonly SizeStep[] {
  const { device, limits } = context;
  return [
    { quantity: 'GPU memory', value: formatGiB(device.memoryBytes), how: device.name },
    {
      quantity: 'requested',
      value: formatGiB(tight.budget),
      how: `gpu-memory-utilization ${limits.utilization} of it`,
    },
    { quantity: 'Model loading took', value: formatGiB(tight.weights.value), how: tight.weightsHow },
    { quantity: 'torch peak', value: formatGiB(tight.activation.value), how: tight.activationHow },
    {
      quantity: 'non-torch',
      value: formatGiB(tight.nonTorch.value),
      how: context.secondRunner
        ? 'base of the GPU generation + sampler tables'
        : 'measured on H100 start-ups',
    },
    {
      quantity: 'CUDA graphs',
      value: formatGiB(tight.reserved.value),
      how:
        tight.reserved.value > 0
          ? 'estimate that this version sets aside'
          : 'not set aside by this version or switched off',
    },
    ...(tight.lora > 0
      ? [{ quantity: 'LoRA slots', value: formatGiB(tight.lora), how: 'buffers for every slot' }]
      : []),
    {
      quantity: 'Available KV cache',
      value: formatGiB(tight.available.value),
      how: 'requested - all of the above',
    },
    { quantity: 'block', value: `${layout.bytesPerBlock} B`, how: layout.how },
    { quantity: 'blocks', value: `${blocks}`, how: 'available / block' },
    { quantity: 'blocks per request', value: `${perRequest}`, how: `at ${context.length} tokens` },
    {
      quantity: 'GPU KV cache size',
      value: `${tokens} tokens`,
      how: isOn('tokensFromConcurrency', context.version)
        ? 'concurrency x length'
        : 'blocks // groups x block tokens',
    },
    { quantity: 'longest request', value: `${longest} tokens`, how: 'largest length whose blocks fit' },
  ];
}
