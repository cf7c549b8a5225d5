import { AdapterError } from '../errors.ts';

/** What llama.cpp must know of the base to take an adapter: read it from the base's GGUF header. */
export interface GgufTarget {
  /** `general.architecture`. */
  readonly architecture?: string;
  readonly headCount?: number;
  readonly keyValueHeadCount?: number;
}

interface Architecture {
  /** Module path inside a layer → tensor name inside a block. */
  readonly modules: Readonly<Record<string, string>>;
  /** llama.cpp's converter interleaves the rows of q and k for its own order of rotary pairs. */
  readonly permutesRotaryRows: boolean;
}

const separateProjections: Readonly<Record<string, string>> = {
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

const fusedProjections: Readonly<Record<string, string>> = {
  'self_attn.qkv_proj': 'attn_qkv',
  'self_attn.o_proj': 'attn_output',
  'mlp.gate_up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

/** LlamaForCausalLM and MistralForCausalLM are both `llama` here. */
const architectures: Readonly<Record<string, Architecture>> = {
  llama: { modules: separateProjections, permutesRotaryRows: true },
  qwen2: { modules: separateProjections, permutesRotaryRows: false },
  qwen3: { modules: separateProjections, permutesRotaryRows: false },
  gemma: { modules: separateProjections, permutesRotaryRows: false },
  gemma2: { modules: separateProjections, permutesRotaryRows: false },
  gemma3: { modules: separateProjections, permutesRotaryRows: false },
  phi3: { modules: fusedProjections, permutesRotaryRows: false },
};

/** How one module of an adapter is called in GGUF, and into how many heads its rows must be interleaved, if at all. */
export interface GgufPlace {
  readonly tensor: string;
  readonly interleavedHeads?: number;
}

export function placeInGguf(module: string, target: GgufTarget, file: string): GgufPlace {
  const { architecture = '' } = target;
  const known = Object.hasOwn(architectures, architecture) ? architectures[architecture] : undefined;
  if (!known) throw refuseArchitecture(`architecture ${JSON.stringify(architecture)} is not supported`, file);
  if (module === 'lm_head') return { tensor: 'output.weight' };
  const [, layer, path = ''] = /^model\.layers\.(\d+)\.(.+)$/.exec(module) ?? [];
  const name = Object.hasOwn(known.modules, path) ? known.modules[path] : undefined;
  if (name === undefined) {
    throw new AdapterError(`module ${module} has no counterpart in a ${architecture} GGUF`, {
      code: 'ModuleUnsupported',
      file,
      hint: 'serve it with vLLM or transformers',
    });
  }
  const tensor = `blk.${layer}.${name}.weight`;
  const heads = known.permutesRotaryRows ? headsOf(name, target) : undefined;
  if (heads === 'unknown')
    throw refuseArchitecture('the base does not say how many attention heads it has', file);
  return heads === undefined ? { tensor } : { tensor, interleavedHeads: heads };
}

function headsOf(name: string, { headCount, keyValueHeadCount }: GgufTarget): number | 'unknown' | undefined {
  if (name === 'attn_q') return headCount ?? 'unknown';
  if (name === 'attn_k') return keyValueHeadCount ?? headCount ?? 'unknown';
  return undefined;
}

function refuseArchitecture(message: string, file: string): AdapterError {
  const hint = `GGUF adapters can be written for ${Object.keys(architectures).join(', ')}; use vLLM for others`;
  return new AdapterError(message, { code: 'ArchitectureUnsupported', file, hint });
}
