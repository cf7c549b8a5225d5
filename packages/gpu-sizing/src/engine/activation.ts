import { distinctLayers, distinctMixers } from '../model/distinct-layers.ts';
import { bytesPerGiB, formatGiB } from '../bytes.ts';
import { exact, interval, type Interval } from '../interval.ts';
import type { FeedForward, Layer, Mixer, ModelShape } from '../model/model-shape.ts';
import { paddedVocabulary } from '../weights/layer-parts.ts';
import { isDataCentreBlackwell, type BatchLimits, type Device } from './defaults.ts';
import type { Measured } from './measured.ts';
import { isOn, runsUncompiled } from './switches.ts';

export interface ActivationRequest {
  readonly shape: ModelShape;
  readonly layers: readonly Layer[];
  readonly limits: BatchLimits;
  readonly tensor: number;
  readonly experts: number;
  readonly bytes: number;
  readonly length: number;
  readonly version: string;
  readonly secondRunner: boolean;
  readonly sorts: boolean;
  readonly last: boolean;
  readonly eager: boolean;
  readonly expertScheme: string | undefined;
  readonly device: Device;
  /** As `kindOf` says it. */
  readonly kind: string;
  readonly measured: Measured;
}

export interface ActivationPeak {
  readonly peak: Interval;
  readonly how: string;
}

const gib = bytesPerGiB;
const mib = 1024 ** 2;

/** The largest torch allocation of vLLM's profiling run. */
export function activationPeak(request: ActivationRequest): ActivationPeak {
  const { peak, how } = request.secondRunner ? secondRunnerPeak(request) : firstRunnerPeak(request);
  if (request.measured.kinds.has(request.kind)) return { peak, how };
  return {
    peak: interval(peak.value, Math.max(0, peak.low - 0.3 * peak.value), peak.high + peak.value),
    how: `${how}; no start of this kind was measured (${request.kind}), so it may be twice as much`,
  };
}

/** Per sequence and vocabulary entry, beside the logits themselves: with 32-bit copies sorted, and without. */
const sortingBytes = 36;
const filteringBytes = 12.5;

function firstRunnerPeak(request: ActivationRequest): ActivationPeak {
  const { shape, limits, bytes, version, sorts, last, measured } = request;
  const tokens = limits.batchedTokens;
  const rows = shape.vocabulary * Math.min(limits.sequences, tokens);
  const stream = tokens * shape.hiddenSize * bytes;
  const known = isOn('samplerIsKnown', version);
  const samplerPeak = (sorting: boolean): number =>
    last ? ((sorting ? sortingBytes : filteringBytes) + bytes) * rows + stream : 0;
  const sampler = samplerPeak(sorts);
  const width = denseWidth(request);
  const forward =
    Math.max(tokens * (3 * width + 3 * shape.hiddenSize) * bytes, stateForward(request)) +
    indexerBytes(request);
  const workspace = expertWorkspace(request);
  const tower = shape.vision === undefined ? 0 : 0.1 * gib;
  const encoder = encoderPeak(request);
  const value = Math.max(Math.max(sampler, forward) + workspace, encoder) + measured.firstSlack.value + tower;
  const low = Math.max(samplerPeak(sorts && known), forward) + 0.9 * workspace + measured.firstSlack.low;
  const high =
    Math.max(Math.max(samplerPeak(sorts || !known), forward) + 1.1 * workspace, 1.5 * encoder) +
    measured.firstSlack.high +
    tower +
    (shape.vision === undefined ? 0 : 0.5 * gib);
  return {
    peak: interval(value, low, high),
    how: `first model runner: max(sampler ${(sorts ? sortingBytes : filteringBytes) + bytes} B x vocabulary x sequences, forward)${workspace > 0 ? ' + expert workspace' : ''} + ${formatGiB(measured.firstSlack.value)}`,
  };
}

function secondRunnerPeak(request: ActivationRequest): ActivationPeak {
  const { shape, limits, bytes, tensor, last, measured } = request;
  const tokens = limits.batchedTokens;
  const vocabulary = paddedVocabulary(shape);
  const stream = tokens * shape.hiddenSize * bytes;
  const head = vocabulary * shape.hiddenSize * bytes;
  const compiled = tensor === 1 && !shape.multimodal && !request.eager && !runsUncompiled(shape);
  const compile = compiled && last ? head + 2 * stream : 0;
  const rows = Math.min(tokens, limits.sequences) * vocabulary * bytes;
  const sampler = !last
    ? 0
    : tensor === 1
      ? rows * (shape.softcapsLogits ? 2 : 1) + stream
      : 2 * rows + rows / tensor + stream;
  const forward = forwardPeak(request) + (shape.multimodal ? stream : 0);
  const encoder = encoderPeak(request);
  const language = Math.max(forward, sampler);
  const warm = Math.max(language, encoder);
  const value = Math.max(compile, warm);
  const least = Math.max(language, 0.5 * encoder);
  // Residual streams side by side, and kernels of their own: peaks of 3.1 and 4.1 GiB where the rule says 1.5 and 2.5.
  const broken = distinctMixers(request.layers).some(({ kind }) => kind === 'compressed')
    ? measured.uncompiled
    : exact(0);
  const held = compiled && last ? head : 0;
  const narrow = stream < blasWorkspace(request.device);
  const share = narrow ? measured.heldNarrow : measured.heldWide;
  return {
    peak: interval(
      value + broken.value + share.value * held,
      Math.min(value, least + 0.4 * Math.max(0, compile - least)) + broken.low + share.low * held,
      value +
        broken.high +
        share.high * held +
        0.06 * gib +
        0.12 * value +
        (runsUncompiled(shape) ? 1.2 * gib : 0) +
        (shape.vision === undefined ? 0 : 0.5 * gib),
    ),
    how: `second model runner: max(compile ${(compile / gib).toFixed(2)}, forward ${(forward / gib).toFixed(2)}, sampler ${(sampler / gib).toFixed(2)}, encoder ${(encoder / gib).toFixed(2)}) GiB${held > 0 ? `; the compiler's segment of ${(held / gib).toFixed(2)} GiB ${narrow ? 'stays' : 'may stay'} reserved (counted by ${share.value}, 0 or all of it in single starts), since ${narrow ? 'no' : 'a'} smaller one has room for cuBLAS's workspace` : ''}${broken.value > 0 ? `; ${(broken.value / gib).toFixed(2)} GiB more for its residual streams` : ''}`,
  };
}

/**
 * What PyTorch sets aside for cuBLAS at the first product of matrices. Where the freed blocks of the residual stream are
 * smaller, it is carved out of the segment in which Inductor has benchmarked its kernels, which then cannot be returned.
 */
function blasWorkspace({ computeCapability }: Device): number {
  return (computeCapability ?? 9) >= 9 ? 32 * mib : 8.125 * mib;
}

function forwardPeak(request: ActivationRequest): number {
  const { shape, limits, bytes, tensor } = request;
  const tokens = limits.batchedTokens;
  const hidden = shape.hiddenSize;
  const experts = expertWorkspace(request);
  const workspace = experts + indexerBytes(request);
  const latent = distinctMixers(request.layers).find((mixer) => mixer.kind === 'latent');
  if (latent?.kind === 'latent') return latentForward(request, latent) + workspace;
  const states = stateForward(request);
  if (states > 0) return states + workspace;
  const attention = distinctMixers(request.layers).find((mixer) => mixer.kind === 'attention');
  const queries =
    attention?.kind === 'attention' ? (tokens * attention.heads * attention.headSize * bytes) / tensor : 0;
  return (
    queries +
    2 * tokens * hidden * bytes +
    (experts > 0 ? workspace : workspace + 3 * tokens * denseWidth(request) * bytes)
  );
}

function latentForward(
  { shape, limits, bytes, tensor, length }: ActivationRequest,
  mixer: Extract<Mixer, { kind: 'latent' }>,
): number {
  const tokens = limits.batchedTokens;
  const heads = mixer.heads / tensor;
  const block = 64;
  const rows =
    Math.ceil(Math.min(Math.max(8 * length, 4 * limits.sequences * block), 65_536) / block) * block;
  return (
    rows * heads * (mixer.noPosition + mixer.valueSize) * bytes +
    5 * tokens * heads * Math.max(mixer.noPosition + mixer.rope, mixer.valueSize) * bytes +
    7 * tokens * shape.hiddenSize * bytes +
    2 * tokens * mixer.rank * bytes
  );
}

function hasState(layer: Layer): boolean {
  return layer.mixers.some(({ kind }) => kind !== 'attention' && kind !== 'latent' && kind !== 'compressed');
}

/** Input projection, convolution and output of a state layer, beside the residual streams. */
function stateForward({ shape, layers, limits, bytes, tensor }: ActivationRequest): number {
  const tokens = limits.batchedTokens;
  const hidden = shape.hiddenSize;
  const mixer = layers.find(hasState)?.mixers.find(({ kind }) => kind !== 'attention' && kind !== 'latent');
  if (mixer === undefined) return 0;
  const { projection, inner } = stateWidths(mixer, tensor);
  return tokens * (2 * projection + inner + 2 * hidden + Math.max(hidden, inner)) * bytes;
}

function stateWidths(mixer: Mixer, tensor: number): { readonly projection: number; readonly inner: number } {
  switch (mixer.kind) {
    case 'mamba1':
      return { projection: (2 * mixer.inner) / tensor, inner: mixer.inner / tensor };
    case 'mamba2':
      return {
        projection: (2 * mixer.inner + 2 * mixer.groups * mixer.state + mixer.heads) / tensor,
        inner: mixer.inner / tensor,
      };
    case 'deltaNet': {
      const values = mixer.valueHeads * mixer.valueSize;
      return {
        projection: (2 * mixer.keyHeads * mixer.keySize + 2 * values) / tensor,
        inner: values / tensor,
      };
    }
    case 'gatedDelta':
    case 'lightning':
      return {
        projection: (4 * mixer.heads * mixer.headSize) / tensor,
        inner: (mixer.heads * mixer.headSize) / tensor,
      };
    case 'shortConvolution':
      return { projection: (3 * mixer.width) / tensor, inner: mixer.width / tensor };
    case 'attention':
    case 'latent':
    case 'compressed':
      break;
  }
  return { projection: 0, inner: 0 };
}

function feedForwards(layers: readonly Layer[]): readonly FeedForward[] {
  return distinctLayers(layers).flatMap(({ layer }) => layer.feedForward);
}

function denseWidth({ layers, tensor }: ActivationRequest): number {
  const widths = feedForwards(layers).map((part) => (part.kind === 'dense' ? part.width : part.sharedWidth));
  return Math.max(0, ...widths) / tensor;
}

/** Two buffers of the fused experts; MXFP4 kernels of gpt-oss have none. */
function expertWorkspace({
  shape,
  layers,
  limits,
  bytes,
  tensor,
  experts,
  expertScheme,
  device,
  version,
}: ActivationRequest): number {
  const part = feedForwards(layers).find(({ kind }) => kind === 'experts');
  if (part?.kind !== 'experts' || (expertScheme === 'mxfp4' && /GptOss/.test(shape.architecture))) return 0;
  // FlashInfer's monolithic kernel for blocks of fp8 works in place.
  const monolithic = expertScheme === 'fp8 in blocks of 128' && isDataCentreBlackwell(device);
  if (monolithic && isOn('monolithicExperts', version)) return 0;
  const width = experts > 1 ? part.width : part.width / tensor;
  const hidden = part.latent ?? shape.hiddenSize;
  const first = (part.gated ? 2 : 1) * width;
  return limits.batchedTokens * part.perToken * (Math.max(width, hidden) + Math.max(first, hidden)) * bytes;
}

/**
 * The tower is profiled with as many items as fit a batch, or with one larger item: Qwen's reach 16,384 tokens. Twelve
 * widths per patch are read and measured for Qwen's towers; eight for the others are a guess that the interval carries.
 */
function encoderPeak({ shape, limits, bytes }: ActivationRequest): number {
  const { vision } = shape;
  if (vision === undefined) return 0;
  const qwen = /^Qwen(2|2_5|3)(VL|_VL|_5|Next|Omni)/.test(shape.architecture);
  const tokens = qwen ? Math.max(limits.batchedTokens, 16_384) : limits.batchedTokens;
  const patches = tokens * vision.patchesPerToken;
  return patches * (vision.hiddenSize * bytes * (qwen ? 12 : 8) + (qwen ? 1536 * 2 : 0));
}

/** What the profiling run reserves for a sparse indexer: logits of a prefill, and keys gathered for 40 longest requests. */
function indexerBytes({ layers, length }: ActivationRequest): number {
  const indexed = distinctMixers(layers).some(
    (mixer) => mixer.kind === 'compressed' || (mixer.kind === 'latent' && mixer.index !== undefined),
  );
  return indexed ? 512 * 1024 ** 2 + 40 * length * 132 : 0;
}
