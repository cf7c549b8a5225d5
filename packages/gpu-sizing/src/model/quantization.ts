import { isJsonObject, languageModelConfig, type JsonObject } from '@kaito-ts/preset-catalog';
import { readerOf } from './config-reader.ts';

/** Parts of a model that a quantization may or may not cover. */
export type PartKind =
  | 'attention'
  | 'state'
  | 'dense'
  | 'experts'
  | 'shared'
  | 'router'
  | 'embedding'
  | 'head'
  | 'vision'
  | 'other';

export interface Scheme {
  readonly name: string;
  /** Bytes of one quantized weight, scales and zero points included. */
  readonly bytesPerElement: number;
  /** Widths per rank must be a multiple of this; 0 = any. */
  readonly blockMultiple: number;
}

export interface Quantization {
  readonly method: string;
  readonly linear: Scheme;
  readonly experts: Scheme;
  /** Parts that the config says are quantized. */
  readonly covers: ReadonlySet<PartKind>;
  /** The config tells which modules are left out. */
  readonly listed: boolean;
  readonly unknown: readonly string[];
}

const everyLinear: readonly PartKind[] = ['attention', 'state', 'dense', 'experts', 'shared'];

function group(bits: number, size: number, options: { zeros?: boolean; scaleBytes?: number } = {}): number {
  const { zeros = false, scaleBytes = 2 } = options;
  return bits / 8 + (size > 0 ? scaleBytes / size + (zeros ? bits / 8 / size : 0) : 0);
}

type SchemeName = 'fp8Block' | 'fp8' | 'int8' | 'mxfp4' | 'nvfp4' | 'bitsandbytes4';

export const schemes: Readonly<Record<SchemeName, Scheme>> = {
  fp8Block: { name: 'fp8 in blocks of 128', bytesPerElement: 1 + 4 / (128 * 128), blockMultiple: 128 },
  fp8: { name: 'fp8', bytesPerElement: 1 + 4 / 4096, blockMultiple: 0 },
  int8: { name: 'int8', bytesPerElement: 1 + 2 / 4096, blockMultiple: 0 },
  mxfp4: { name: 'mxfp4', bytesPerElement: 0.5 + 1 / 32, blockMultiple: 0 },
  nvfp4: { name: 'nvfp4', bytesPerElement: 0.5 + 1 / 16, blockMultiple: 0 },
  bitsandbytes4: { name: 'bitsandbytes 4 bit', bytesPerElement: 0.5 + 4 / 64, blockMultiple: 0 },
};

function intGroup(bits: number, size: number, zeros: boolean): Scheme {
  return {
    name: `int${bits} in groups of ${size}`,
    bytesPerElement: group(bits, size, { zeros }),
    blockMultiple: size,
  };
}

/** Reads `quantization_config`, wherever the config keeps it; undefined = not quantized. */
export function readQuantization(
  published: JsonObject,
  override: string | undefined,
): Quantization | undefined {
  const language = languageModelConfig(published);
  const source =
    published['quantization_config'] ?? language['quantization_config'] ?? language['compression_config'];
  if (!isJsonObject(source)) return override === undefined ? undefined : named(override);
  const config = readerOf(source);
  const method = (config.text('quant_method', 'quant_algo') ?? override ?? '').toLowerCase();
  const scheme = schemeOf(method, source);
  const expertType = readerOf(language).text('expert_dtype') ?? config.text('expert_dtype');
  const experts = expertType === 'fp4' ? schemes.mxfp4 : (scheme ?? schemes.fp8);
  const { covers, listed } = coverage(source, method);
  return {
    method,
    linear: scheme ?? schemes.fp8,
    experts,
    covers,
    listed,
    unknown: scheme === undefined ? ['quantization_config'] : [],
  };
}

/** Quantized while loading (`--quantization fp8` on a 16-bit checkpoint). */
function named(method: string): Quantization | undefined {
  const lower = method.toLowerCase();
  if (['none', 'null', ''].includes(lower)) return undefined;
  const scheme = schemeOf(lower, {});
  const covers = new Set<PartKind>(lower === 'mxfp4' ? ['experts'] : everyLinear);
  return {
    method: lower,
    linear: scheme ?? schemes.fp8,
    experts: scheme ?? schemes.fp8,
    covers,
    listed: true,
    unknown: scheme === undefined ? [`quantization ${method}`] : [],
  };
}

function schemeOf(method: string, source: JsonObject): Scheme | undefined {
  const config = readerOf(source);
  const bits = numberOf(source['bits']) ?? numberOf(source['w_bit']) ?? 4;
  const size = numberOf(source['group_size']) ?? numberOf(source['q_group_size']) ?? 128;
  if (/compressed/.test(method)) return compressedTensors(source);
  if (/modelopt|nvfp4|mixed_precision/.test(method)) return modelOpt(source, method);
  if (/mxfp4/.test(method)) return schemes.mxfp4;
  if (/awq/.test(method)) return intGroup(bits, size, true);
  if (/gptq|auto-?round|inc|autoround/.test(method)) return intGroup(bits, size, true);
  if (/fp8/.test(method))
    return config.list('weight_block_size') === undefined ? schemes.fp8 : schemes.fp8Block;
  if (/bitsandbytes|bnb/.test(method))
    return source['load_in_8bit'] === true ? schemes.int8 : schemes.bitsandbytes4;
  if (/w8a8|int8/.test(method)) return schemes.int8;
  if (/w4a16|int4/.test(method)) return intGroup(4, 128, false);
  return undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function compressedTensors(source: JsonObject): Scheme | undefined {
  const config = readerOf(source);
  const groups = config.object('config_groups');
  const first =
    groups === undefined ? undefined : Object.values(groups.source).find((value) => isJsonObject(value));
  const weights = isJsonObject(first) && isJsonObject(first['weights']) ? first['weights'] : {};
  const format = config.text('format') ?? '';
  const bits = numberOf(weights['num_bits']) ?? numberOf(source['bits']) ?? bitsOfFormat(format);
  if (/nvfp4/.test(format)) return schemes.nvfp4;
  if (/mxfp4/.test(format)) return schemes.mxfp4;
  if (bits === undefined) return undefined;
  if (bits === 8)
    return /float|fp8/.test(`${format} ${readerOf(weights).text('type')}`) ? schemes.fp8 : schemes.int8;
  return intGroup(bits, numberOf(weights['group_size']) ?? 128, weights['symmetric'] === false);
}

function bitsOfFormat(format: string): number | undefined {
  if (/float-quantized|int-quantized|naive/.test(format)) return 8;
  return /pack/.test(format) ? 4 : undefined;
}

function modelOpt(source: JsonObject, method: string): Scheme {
  const nested = source['quantization'];
  const inner = isJsonObject(nested) ? readerOf(nested).text('quant_algo') : undefined;
  const algorithm = (readerOf(source).text('quant_algo') ?? inner ?? method).toLowerCase();
  return /fp8/.test(algorithm) && !/nvfp4|fp4/.test(algorithm) ? schemes.fp8 : schemes.nvfp4;
}

function coverage(
  source: JsonObject,
  method: string,
): { readonly covers: ReadonlySet<PartKind>; readonly listed: boolean } {
  const lists = ['modules_to_not_convert', 'ignore', 'ignored_layers', 'exclude_modules'].flatMap((key) => {
    const value = source[key];
    return Array.isArray(value) ? value.map(String) : [];
  });
  if (/mxfp4/.test(method)) return { covers: new Set<PartKind>(['experts']), listed: true };
  const left = lists.join(' ');
  const out = (kind: PartKind): boolean =>
    kind === 'attention'
      ? /self_attn(\b|[^_])|\*attn|attention/.test(left)
      : kind === 'state'
        ? /linear_attn|mamba|mixer/.test(left)
        : kind === 'shared'
          ? /shared_expert(?!_gate)/.test(left)
          : false;
  return { covers: new Set(everyLinear.filter((kind) => !out(kind))), listed: lists.length > 2 };
}
