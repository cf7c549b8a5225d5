import type { FlagValue } from '@kaito-ts/preset-catalog';
import { bytesPerGiB, dtypeBytes } from './bytes.ts';
import { readLength } from './read-length.ts';
import type { RuntimeVersion, SizingSettings } from './request.ts';

/** Flags by name, as `flagsInForce` leaves them. */
export type FlagsInForce = ReadonlyMap<string, FlagValue>;

/** What the flags of a runtime change in its account; flags that change nothing there are passed over. */
export function settingsOfFlags(engine: RuntimeVersion['engine'], flags: FlagsInForce): SizingSettings {
  return known(readers[engine](new FlagReader(flags)));
}

type Draft = { readonly [Name in keyof SizingSettings]: SizingSettings[Name] | undefined };

const readers: Readonly<Record<RuntimeVersion['engine'], (flags: FlagReader) => Draft>> = {
  vllm: vllmSettings,
  transformers: (flags) => ({ dtype: flags.word('dtype'), quantization: flags.word('quantization') }),
  llamacpp: (flags) => ({
    maxModelLen: flags.length('ctx-size'),
    // Keys and values may differ; the wider type is the bound.
    kvCacheDtype: widest(flags.word('cache-type-k'), flags.word('cache-type-v')),
    maxNumBatchedTokens: flags.count('ubatch-size'),
  }),
};

function vllmSettings(flags: FlagReader): Draft {
  const lora = flags.on('enable-lora') === true;
  const offload = flags.number('cpu-offload-gb');
  const speculation = flags.json('speculative-config');
  const draftTokens = speculation['num_speculative_tokens'];
  const draftModel = speculation['model'];
  return {
    maxModelLen: flags.length('max-model-len'),
    gpuMemoryUtilization: flags.number('gpu-memory-utilization'),
    kvCacheDtype: flags.word('kv-cache-dtype'),
    kvCacheMemoryBytes: flags.length('kv-cache-memory-bytes'),
    maxNumSeqs: flags.count('max-num-seqs'),
    maxNumBatchedTokens: flags.length('max-num-batched-tokens'),
    blockSize: flags.count('block-size'),
    dtype: flags.word('dtype'),
    quantization: flags.word('quantization'),
    enforceEager: flags.on('enforce-eager'),
    enablePrefixCaching: flags.on('enable-prefix-caching'),
    expertParallel: flags.on('enable-expert-parallel'),
    loraSlots: lora ? (flags.count('max-loras') ?? 1) : undefined,
    loraRank: lora ? flags.count('max-lora-rank') : undefined,
    cpuOffloadBytes: offload === undefined ? undefined : offload * bytesPerGiB,
    speculativeTokens: typeof draftTokens === 'number' ? draftTokens : undefined,
    draftModel: typeof draftModel === 'string' ? draftModel : undefined,
    tensorParallelSize: flags.count('tensor-parallel-size'),
    pipelineParallelSize: flags.count('pipeline-parallel-size'),
    dataParallelSize: flags.count('data-parallel-size'),
  };
}

function widest(keys: string | undefined, values: string | undefined): string | undefined {
  if (keys === undefined && values === undefined) return undefined;
  const [left, right] = [keys ?? 'f16', values ?? 'f16'];
  return (dtypeBytes(right) ?? 0) > (dtypeBytes(left) ?? 0) ? right : left;
}

class FlagReader {
  readonly #flags: FlagsInForce;

  constructor(flags: FlagsInForce) {
    this.#flags = flags;
  }

  #text(name: string): string | undefined {
    const value = this.#flags.get(name);
    return value?.kind === 'text' ? value.text : undefined;
  }

  on(name: string): boolean | undefined {
    const value = this.#flags.get(name);
    return value?.kind === 'switch' ? value.on : undefined;
  }

  /** `auto` is what the runtime does without the flag. */
  word(name: string): string | undefined {
    const text = this.#text(name);
    return text === 'auto' ? undefined : text;
  }

  number(name: string): number | undefined {
    const value = Number(this.#text(name) ?? Number.NaN);
    return Number.isFinite(value) && value > 0 ? value : undefined;
  }

  count(name: string): number | undefined {
    const value = this.number(name);
    return value !== undefined && Number.isInteger(value) ? value : undefined;
  }

  length(name: string): number | undefined {
    const value = readLength(this.#text(name) ?? '');
    return value === undefined || value < 1 ? undefined : value;
  }

  /** A JSON flag with the fields that dotted keys set on top. */
  json(name: string): Readonly<Record<string, unknown>> {
    const fields = [...this.#flags].flatMap(([slot, value]): [string, unknown][] =>
      slot.startsWith(`${name}.`) && value.kind === 'text'
        ? [[slot.slice(name.length + 1), parsed(value.text)]]
        : [],
    );
    const document = parsed(this.#text(name) ?? 'null');
    return { ...(typeof document === 'object' ? document : {}), ...Object.fromEntries(fields) };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function known(draft: Draft): SizingSettings {
  return Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined));
}
