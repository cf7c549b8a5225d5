import { distinctLayers } from '../model/distinct-layers.ts';
import { compareVersions } from '@kaito-ts/preset-catalog';
import type { ModelShape } from '../model/model-shape.ts';

/** A behaviour of vLLM that came with a version; `source` says who showed it. */
export interface Switch {
  readonly from: string;
  readonly source: string;
}

type SwitchName =
  | 'defaultUtilization92'
  | 'graphsSubtracted'
  | 'graphsProfiledBySecondRunner'
  | 'tokensFromConcurrency'
  | 'sortingSampler'
  | 'samplerIsKnown'
  | 'tritonSampler'
  | 'nonTorchQuarter'
  | 'fusedAllReduce'
  | 'fusedAllReduceAnywhere'
  | 'multicastAllReduce'
  | 'sharedAllReduce'
  | 'asyncWindows'
  | 'largeBatchDefaults'
  | 'largeCaptures'
  | 'prefixItems'
  | 'nullBlockInFit'
  | 'alignedStates'
  | 'optionalAlignedStates'
  | 'stateBlocksRefused'
  | 'latentStates16'
  | 'latentStates128'
  | 'pooledAligned'
  | 'plainSparseCache'
  | 'cacheTypeOfCheckpoint'
  | 'monolithicExperts'
  | 'yarnLengthsAsPublished'
  | 'narrowCompressorStates'
  | 'plainInterleavedRope'
  | 'prefillCheckpoints';

/** Paths are files of vLLM, read in the release before the switch and in that of the switch. */
export const switches: Readonly<Record<SwitchName, Switch>> = {
  defaultUtilization92: { from: '0.20.0', source: 'config/cache.py' },
  graphsSubtracted: { from: '0.20.0', source: 'envs.py, v1/worker/gpu_worker.py' },
  graphsProfiledBySecondRunner: { from: '0.29.0', source: 'v1/worker/gpu/model_runner.py' },
  tokensFromConcurrency: { from: '0.20.1', source: 'v1/core/kv_cache_utils.py' },
  // Until 0.11.1 FlashInfer's sampler is used wherever that optional package is installed.
  sortingSampler: { from: '0.11.0', source: 'start-ups of 0.10 and 0.11 on L40S and H100' },
  samplerIsKnown: { from: '0.11.1', source: 'v1/sample/ops/topk_topp_sampler.py' },
  tritonSampler: { from: '0.17.0', source: 'v1/sample/ops/topk_topp_sampler.py' },
  nonTorchQuarter: { from: '0.18.0', source: 'start-up logs of 0.17 to 0.20 on H100' },
  fusedAllReduce: { from: '0.17.0', source: 'config/vllm.py' },
  fusedAllReduceAnywhere: { from: '0.21.0', source: 'config/vllm.py' },
  multicastAllReduce: { from: '0.25.0', source: 'distributed/device_communicators/flashinfer_all_reduce.py' },
  sharedAllReduce: { from: '0.26.0', source: 'distributed/device_communicators/flashinfer_all_reduce.py' },
  asyncWindows: { from: '0.26.0', source: 'v1/kv_cache_interface.py, config/vllm.py' },
  largeBatchDefaults: { from: '0.28.0', source: 'engine/arg_utils.py' },
  largeCaptures: { from: '0.28.0', source: 'config/vllm.py' },
  prefixItems: { from: '0.22.0', source: 'engine/arg_utils.py' },
  nullBlockInFit: { from: '0.29.0', source: 'v1/core/kv_cache_utils.py' },
  alignedStates: { from: '0.28.0', source: 'config/model.py, engine/arg_utils.py' },
  optionalAlignedStates: { from: '0.15.0', source: 'model_executor/models/config.py' },
  stateBlocksRefused: { from: '0.20.0', source: 'config/compilation.py' },
  latentStates16: { from: '0.20.0', source: 'platforms/interface.py, FlashAttention for latent attention' },
  latentStates128: { from: '0.27.0', source: 'platforms/interface.py' },
  prefillCheckpoints: {
    from: '0.32.0',
    source: 'model_executor/layers/mamba/mamba_mixer2.py, models/glm5next',
  },
  plainInterleavedRope: {
    from: '0.32.0',
    source: 'model_executor/layers/rotary_embedding/mrope.py',
  },
  narrowCompressorStates: { from: '0.27.0', source: 'v1/core/kv_cache_utils.py, models/deepseek_v4' },
  yarnLengthsAsPublished: { from: '0.30.0', source: 'config/model.py' },
  monolithicExperts: { from: '0.29.0', source: 'start-ups of 0.29 and 0.30 on B200' },
  plainSparseCache: { from: '0.13.0', source: 'model_executor/models/config.py' },
  cacheTypeOfCheckpoint: { from: '0.14.0', source: 'utils/torch_utils.py' },
  pooledAligned: { from: '0.32.0', source: 'read in 0.32.0; not so in a start-up of 0.30' },
};

export const oldestVersion = '0.10.0';
/** The newest whose source was read; later ones are taken to be like it. */
export const newestVersion = '0.32.0';

export function isLater(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const [lastMajor = 0, lastMinor = 0] = newestVersion.split('.').map(Number);
  return major > lastMajor || (major === lastMajor && minor > lastMinor);
}

const onByVersion = new Map<string, ReadonlySet<string>>();

export function isOn(name: SwitchName, version: string): boolean {
  const known = onByVersion.get(version) ?? switchesOf(version);
  onByVersion.set(version, known);
  return known.has(name);
}

function switchesOf(version: string): ReadonlySet<string> {
  const on = Object.entries(switches).filter(([, { from }]) => compareVersions(version, from) >= 0);
  return new Set(on.map(([name]) => name));
}

/** Architectures that a release hands to the second model runner by name, whatever their kind. */
const namedForSecondRunner: readonly (readonly [from: string, names: RegExp])[] = [
  ['0.28.0', /^(DeepseekV2|DeepseekV4|GraniteMoe|Inkling|LongcatFlashNgram|Qwen2Moe)For|^KimiK3For/],
  ['0.27.0', /^(DeepseekV2|GraniteMoe|Inkling|LongcatFlashNgram|Qwen2Moe)For|^KimiK3For/],
  ['0.26.0', /^(DeepseekV2|GraniteMoe|Inkling|LongcatFlashNgram|Qwen2Moe)For/],
  ['0.25.0', /^(DeepseekV2|GraniteMoe|Qwen2Moe)ForCausalLM$/],
  ['0.24.0', /^(Qwen3|Llama|Mistral|DeepseekV2|GraniteMoe|Qwen2Moe)ForCausalLM$/],
  ['0.23.0', /^(Qwen3|Llama|Mistral)ForCausalLM$/],
  ['0.22.0', /^Qwen3ForCausalLM$/],
];

/** Whether the second model runner serves this model, which changes what is charged (config/vllm.py of 0.22 to 0.29). */
export function usesSecondRunner(shape: ModelShape, quantized: boolean, version: string): boolean {
  const since = (from: string): boolean => compareVersions(version, from) >= 0;
  if (since('0.29.0')) return true;
  const rule = namedForSecondRunner.find(([from]) => since(from));
  if (rule === undefined) return false;
  const named = rule[1].test(shape.architecture);
  if (!since('0.24.0')) return named && !quantized;
  if (!since('0.25.0') || named) return named;
  return shape.hasHead && !hasExperts(shape) && !hasStates(shape);
}

function hasExperts({ layers }: ModelShape): boolean {
  return distinctLayers(layers).some(({ layer }) => layer.feedForward.some(({ kind }) => kind === 'experts'));
}

function hasStates({ layers }: ModelShape): boolean {
  return distinctLayers(layers).some(({ layer }) =>
    layer.mixers.some(({ kind }) => kind !== 'attention' && kind !== 'latent' && kind !== 'compressed'),
  );
}

/** Families that vLLM runs uncompiled, their graphs broken at attention. */
export function runsUncompiled({ architecture }: ModelShape): boolean {
  return /^(Glm5Next|GlmMoeDsa|DeepseekV4|Qwen4Exp|MiniMaxM3)/.test(architecture);
}
