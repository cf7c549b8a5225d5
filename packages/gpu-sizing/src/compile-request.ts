import { distinctMixers } from './model/distinct-layers.ts';
import { compareVersions } from '@kaito-ts/preset-catalog';
import { batchLimits } from './engine/defaults.ts';
import { unlikeness } from './engine/likeness.ts';
import { measured } from './engine/measured.ts';
import { isOn, oldestVersion, usesSecondRunner } from './engine/switches.ts';
import { SizingInputError } from './errors.ts';
import type { ModelLengths, ModelShape } from './model/model-shape.ts';
import { readModelShape } from './model/read-shape.ts';
import { readQuantization } from './model/quantization.ts';
import type { SizeContext } from './size-context.ts';
import type { SizeRequest } from './size-request.ts';
import { servedBytes } from './weights/dtypes.ts';

const shapes: WeakMap<object, ModelShape> = new WeakMap<object, ModelShape>();

/** The same config is asked about again and again in a sweep. */
function shapeOf(config: SizeRequest['config']): ModelShape {
  const known = shapes.get(config);
  if (known !== undefined) return known;
  const shape = readModelShape(config);
  shapes.set(config, shape);
  return shape;
}

const drafting: WeakMap<ModelShape, ModelShape> = new WeakMap();

/** With speculation on, the draft layers that a checkpoint brings are loaded and keep a cache; they look like the last full layer. */
function withDraftLayers(shape: ModelShape, speculativeTokens: number): ModelShape {
  if (speculativeTokens === 0 || shape.draftLayers === 0) return shape;
  const known = drafting.get(shape);
  if (known !== undefined) return known;
  const full = shape.layers.findLast(({ mixers }) =>
    mixers.some(({ kind }) => kind === 'attention' || kind === 'latent' || kind === 'compressed'),
  );
  const drafts = full === undefined ? [] : Array.from({ length: shape.draftLayers }, () => full);
  const extended = { ...shape, layers: [...shape.layers, ...drafts], draftLayers: 0 };
  drafting.set(shape, extended);
  return extended;
}

/** Everything that follows from a request alone; throws a SizingInputError naming the key that is wrong. */
export function contextOf(request: SizeRequest): SizeContext {
  const version = versionOf(request.runtimeVersion);
  if (compareVersions(version, oldestVersion) < 0)
    throw new SizingInputError(
      'UNSUPPORTED_VERSION',
      'runtimeVersion',
      `${version} is older than ${oldestVersion}, whose budget follows other rules`,
    );
  checkCounts(request);
  const shape = withUnknownStates(
    withDraftLayers(shapeOf(request.config), request.numSpeculativeTokens ?? 0),
    request,
    version,
  );
  const published = request.config['quantization_config'] !== undefined;
  const quantization = readQuantization(request.config, request.quantization ?? undefined);
  const tensor = request.tensorParallelSize ?? 1;
  const pipeline = request.pipelineParallelSize ?? 1;
  const data = request.dataParallelSize ?? 1;
  const modelBytes = servedBytes(shape.dtype, request.dtype);
  const wanted = request.maxModelLen;
  const lengths = lengthsIn(shape, version);
  const length = wanted === undefined || wanted <= 0 ? (lengths.unset ?? 2048) : wanted;
  const limits = batchLimits(request.device, shape, version, {
    batchedTokens: request.maxNumBatchedTokens,
    sequences: request.maxNumSeqs,
    utilization: request.gpuMemoryUtilization,
    length,
  });
  const mixers = distinctMixers(shape.layers);
  const hybrid =
    mixers.some(({ kind }) => kind === 'attention' || kind === 'latent') &&
    mixers.some(({ kind }) => kind !== 'attention' && kind !== 'latent' && kind !== 'compressed');
  const constants = request.measured === undefined ? measured : { ...measured, ...request.measured };
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
    longest: lengths.longest,
    limits,
    modelBytes,
    secondRunner: usesSecondRunner(shape, quantization !== undefined, version),
    // Sorting 32-bit copies of all logits; Triton's and FlashInfer's kernels do without.
    sorts: isOn('sortingSampler', version) && !isOn('tritonSampler', version),
    eager: request.enforceEager === true,
    alignsStates: hybrid && alignsStates(request, version),
    measured: constants,
    unlikeness: unlikeness(request.device, version, constants),
  };
}

/** Families whose states vLLM kept at every block, where prefixes were cached by wish: a layout that is not counted here. */
const statesAtEveryBlock = /^(NemotronH|FalconH1|GraniteMoeHybrid|Jamba|Mamba2?|FalconMamba|Zamba2|Bamba)For/;

function withUnknownStates(shape: ModelShape, request: SizeRequest, version: string): ModelShape {
  const wished = request.enablePrefixCaching === true && !isOn('alignedStates', version);
  if (!wished || !statesAtEveryBlock.test(shape.architecture)) return shape;
  return { ...shape, unknown: [...shape.unknown, 'enablePrefixCaching'] };
}

/** Hybrid models cache prefixes by default from 0.28, by wish from 0.15. */
function alignsStates({ enablePrefixCaching }: SizeRequest, version: string): boolean {
  if (enablePrefixCaching === undefined) return isOn('alignedStates', version);
  return enablePrefixCaching && isOn('optionalAlignedStates', version);
}

function lengthsIn({ lengths }: ModelShape, version: string): Partial<ModelLengths> {
  if (lengths?.beforeYarn === undefined || isOn('yarnLengthsAsPublished', version)) return lengths ?? {};
  return { unset: lengths.beforeYarn, longest: lengths.beforeYarn };
}

/** `v0.25.1` is 0.25.1; what does not begin with two numbers is no version. */
function versionOf(told: string): string {
  const version = told.trim().replace(/^v(?=\d)/, '');
  if (/^\d+\.\d+/.test(version)) return version;
  throw new SizingInputError(
    'BAD_INPUT',
    'runtimeVersion',
    `must be a version such as 0.25.1, not ${JSON.stringify(told)}`,
  );
}

/** A method that cannot be applied while loading must be that of the files. */
function isPreQuantized({ quantization = '' }: SizeRequest): boolean {
  return /awq|gptq|compressed|modelopt|fp4|auto|w4a16|w8a8|int4/.test(quantization.toLowerCase());
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
