import { compareVersions, readDimensions, type ModelFacts } from '@kaito-ts/preset-catalog';
import { bytesPerGiB, dtypeBytes } from './bytes.ts';
import type { NodeDevice, RuntimeVersion, SizingSettings } from './request.ts';

/** What a runtime's memory beside weights and cache depends on. */
export interface OverheadInput {
  readonly device: NodeDevice['kind'];
  readonly model: ModelFacts;
  readonly settings: SizingSettings;
  /** On one rank, as held. */
  readonly weightBytes: number;
  /** Tokens of the longest request that must be answered. */
  readonly length: number;
}

export interface Overhead {
  readonly bytes: number;
  readonly how: string;
}

/** How a runtime uses memory; shared code asks for properties, never for the name. */
export interface EngineAccount {
  /** Whether one model can be spread over several GPUs and nodes. */
  readonly spreads: boolean;
  /** Whether it refuses to start with a longer context than the model was made for. */
  readonly keepsToModelLimit: boolean;
  /** Part of a device's memory that the runtime lets itself use. */
  readonly utilization: (version: string) => number;
  /** Type of keys and values without a setting. */
  readonly cacheType: (model: ModelFacts, settings: SizingSettings) => string;
  /** Type of the weights that the settings ask for; undefined = as the files have them. */
  readonly weightType: (settings: SizingSettings) => string | undefined;
  /** Tokens of cache that it takes at its start; undefined = whatever is left, or as requests come. */
  readonly allocatesTokens: (settings: SizingSettings, modelLimit: number) => number | undefined;
  readonly overhead: (input: OverheadInput) => Overhead;
}

/** vLLM 0.20 raised its default from 0.90 (config/cache.py). */
const utilizationRaisedIn = '0.20.0';

/** Upstream's published rule, fitted to vLLM 0.19 on H100; used only where the facts do not allow vLLM's own account. */
const gpuBaseBytes = 2.3 * bytesPerGiB;
const gpuShareOfWeights = 0.05;

/** A CUDA context is there before the first tensor (0.5 GiB at start-ups on one GPU). */
const contextBytes = 0.5 * bytesPerGiB;

const bytesPerMiB = 2 ** 20;

/**
 * Resident memory of processes that serve tools/demo-model (2.3 MB of weights), measured on Linux x86-64 by the sum of
 * VmRSS over the process tree after one chat completion: transformers 5.19.0 776 to 796 MiB in float32 and bfloat16;
 * llama-server 26 MiB with 512 tokens of context and 51 MiB with 32,768 (768 bytes of cache per token, whatever
 * --parallel says); kaito-cpu-runtime 114 to 120 MiB. llama.cpp Workspaces run on either of the last two.
 */
const transformersProcessBytes = 800 * bytesPerMiB;
const nativeProcessBytes = 116 * bytesPerMiB;
/** vLLM 0.32.0 for CPUs on the same model: 2,993 MiB with 1 GiB of cache and 4,091 with 2, shared pages counted once. */
const vllmCpuProcessBytes = 2000 * bytesPerMiB;

/** Tokens that llama.cpp computes at once without --ubatch-size. */
const llamaBatchTokens = 512;
/** Without a context size the operator asks for this much, since all of it is allocated at the start. */
const llamaContextTokens = 8192;

export const engineAccounts: Readonly<Record<RuntimeVersion['engine'], EngineAccount>> = {
  vllm: {
    spreads: true,
    keepsToModelLimit: true,
    utilization: (version) => (compareVersions(version, utilizationRaisedIn) >= 0 ? 0.92 : 0.9),
    cacheType: (_model, { kvCacheDtype = 'auto' }) => kvCacheDtype,
    weightType: () => undefined,
    allocatesTokens: () => undefined,
    overhead: ({ device, weightBytes }) =>
      device === 'gpu'
        ? { bytes: gpuBaseBytes + gpuShareOfWeights * weightBytes, how: '2.3 GiB + 5 % of the weights' }
        : { bytes: vllmCpuProcessBytes, how: 'two Python processes with torch' },
  },
  transformers: {
    spreads: false,
    keepsToModelLimit: false,
    utilization: () => 0.95,
    cacheType: (model, { dtype }) => dtype ?? readDimensions(model).dtype ?? 'auto',
    weightType: ({ dtype }) => dtype,
    allocatesTokens: () => undefined,
    overhead: transformersOverhead,
  },
  llamacpp: {
    spreads: false,
    keepsToModelLimit: false,
    utilization: () => 0.95,
    cacheType: (_model, { kvCacheDtype = 'f16' }) => kvCacheDtype,
    weightType: () => undefined,
    allocatesTokens: ({ maxModelLen }, modelLimit) => maxModelLen ?? Math.min(llamaContextTokens, modelLimit),
    overhead: llamaOverhead,
  },
};

/** The prompt goes through the model in one piece: the widest layer holds gate, up and product beside the stream. */
function transformersOverhead({ device, model, settings, length }: OverheadInput): Overhead {
  const { hiddenSize = 0, intermediateSize = 0, vocabularySize = 0, dtype } = readDimensions(model);
  const element = dtypeBytes(settings.dtype ?? dtype ?? 'auto') ?? 2;
  const layer = length * 3 * (intermediateSize + hiddenSize) * element;
  // Logits of the last token, and their copies in float32 for sampling.
  const logits = vocabularySize * (element + 2 * 4);
  const process = device === 'gpu' ? contextBytes : transformersProcessBytes;
  const base = device === 'gpu' ? 'CUDA context' : 'process with torch';
  return {
    bytes: process + layer + logits,
    how: `${base} + activations of a prompt of ${length} tokens`,
  };
}

/** The compute buffer holds logits and hidden states of one batch in float32 (258.5 MiB for Llama-3.1-8B: 512 x (128,256 + 4,096) x 4). */
function llamaOverhead({ model, settings }: OverheadInput): Overhead {
  const { hiddenSize = 0, vocabularySize = 0 } = readDimensions(model);
  const batch = settings.maxNumBatchedTokens ?? llamaBatchTokens;
  return {
    bytes: nativeProcessBytes + batch * (vocabularySize + hiddenSize) * 4,
    how: `process + compute buffer of a batch of ${batch} tokens`,
  };
}

/** Kept free on a CPU node for the launcher and the pod's own files. */
export const cpuUtilization = 0.9;
