import {
  findDevice,
  readLength,
  size,
  SizingInputError,
  type Interval,
  type Size,
  type SizeStep,
} from '@kaito-ts/gpu-sizing';
import { isJsonObject, type Catalogue, type JsonObject } from '@kaito-ts/preset-catalog';

/** The answer of `kaito size`: field names are a contract. */
export interface SizeAnswer {
  readonly fits: boolean;
  readonly reasons: readonly string[];
  readonly runtimeVersion: string;
  readonly weightsGiB: Interval;
  readonly kvCacheGiB: Interval;
  readonly kvTokens: Interval;
  readonly maxConcurrency: Interval;
  readonly cudaGraphGiB: Interval;
  readonly longestModelLen: Interval;
  readonly maxModelLen: number;
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  readonly gpuMemoryUtilization: number;
  readonly warnings: readonly string[];
  readonly unknown: readonly string[];
  readonly derivation: readonly SizeStep[];
}

/** Sizes one line of a batch: the same keys as the options of `kaito size`. Throws a SizingInputError naming the key. */
export function sizeLine(line: JsonObject, catalogue: Catalogue): SizeAnswer {
  const config = line['config'];
  if (!isJsonObject(config))
    throw new SizingInputError('MISSING_KEY', 'config', 'must be the object of a config.json');
  const reader = lineReader(line);
  const model = reader.text('gpuModel');
  const device = findDevice(catalogue.gpuModels, { model, memoryBytes: reader.number('gpuMemoryBytes') });
  const sizing = size({
    config,
    device,
    weightsBytes: reader.number('weightsBytes'),
    runtimeVersion: reader.text('runtimeVersion') ?? catalogue.runtime('vllm')?.version ?? '0.32.0',
    tensorParallelSize: reader.number('tp'),
    pipelineParallelSize: reader.number('pp'),
    dataParallelSize: reader.number('dp'),
    expertParallel: reader.flag('expertParallel'),
    gpuMemoryUtilization: reader.number('gpuMemoryUtilization'),
    maxModelLen: reader.length('maxModelLen'),
    allowLongMaxModelLen: true,
    maxNumSeqs: reader.length('maxNumSeqs'),
    maxNumBatchedTokens: reader.length('maxNumBatchedTokens'),
    kvCacheDtype: reader.text('kvCacheDtype'),
    dtype: reader.text('dtype'),
    quantization: reader.text('quantization'),
    enforceEager: reader.flag('enforceEager'),
    kvCacheMemoryBytes: reader.number('kvCacheMemoryBytes'),
    enablePrefixCaching: reader.flag('enablePrefixCaching'),
    blockSize: reader.number('blockSize'),
    numSpeculativeTokens: reader.number('numSpeculativeTokens'),
    loraSlots: reader.number('loraSlots'),
    loraRank: reader.number('loraRank'),
    cpuOffloadBytes: reader.number('cpuOffloadBytes'),
  });
  const unknownGpu = device.computeCapability === undefined;
  return answerOf(sizing, unknownGpu ? [`the GPU ${model ?? ''} is not known; intervals are wider`] : []);
}

function answerOf(sizing: Size, warnings: readonly string[]): SizeAnswer {
  return {
    fits: sizing.fits,
    reasons: sizing.reasons,
    runtimeVersion: sizing.runtimeVersion,
    weightsGiB: gib(sizing.weightBytes),
    kvCacheGiB: gib(sizing.kvCacheBytes),
    kvTokens: whole(sizing.kvTokens),
    maxConcurrency: sizing.maxConcurrency,
    cudaGraphGiB: gib(sizing.cudaGraphBytes),
    longestModelLen: sizing.longestModelLen,
    maxModelLen: sizing.maxModelLen,
    maxNumSeqs: sizing.maxNumSeqs,
    maxNumBatchedTokens: sizing.maxNumBatchedTokens,
    gpuMemoryUtilization: sizing.gpuMemoryUtilization,
    warnings: [...warnings, ...sizing.warnings],
    unknown: sizing.unknown,
    derivation: sizing.derivation,
  };
}

function gib(bytes: Interval): Interval {
  return { value: bytes.value / 1024 ** 3, low: bytes.low / 1024 ** 3, high: bytes.high / 1024 ** 3 };
}

function whole(of: Interval): Interval {
  return { value: Math.floor(of.value), low: Math.floor(of.low), high: Math.ceil(of.high) };
}

interface LineReader {
  number(key: string): number | undefined;
  length(key: string): number | undefined;
  text(key: string): string | undefined;
  flag(key: string): boolean | undefined;
}

function lineReader(line: JsonObject): LineReader {
  const read = <Kind>(
    key: string,
    accept: (value: unknown) => Kind | undefined,
    kind: string,
  ): Kind | undefined => {
    const value = line[key];
    if (value === undefined || value === null) return undefined;
    const accepted = accept(value);
    if (accepted === undefined)
      throw new SizingInputError('BAD_INPUT', key, `must be ${kind}, not ${JSON.stringify(value)}`);
    return accepted;
  };
  return {
    number: (key) => read(key, finite, 'a number of 0 or more'),
    length: (key) =>
      read(
        key,
        (value) => (typeof value === 'string' ? readLength(value) : value === -1 ? -1 : finite(value)),
        'a length such as 32768, 32k or 32K',
      ),
    text: (key) => read(key, (value) => (typeof value === 'string' ? value : undefined), 'a string'),
    flag: (key) => read(key, (value) => (typeof value === 'boolean' ? value : undefined), 'true or false'),
  };
}

function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
