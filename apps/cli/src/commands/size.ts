import { Command } from 'commander';
import { embeddedCatalogue, isJsonObject, type JsonObject } from '@kaito-ts/preset-catalog';
import { SizingInputError } from '@kaito-ts/gpu-sizing';
import { CommandError, exitCodes } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { outputOption } from '../options.ts';
import { writeOutput, type OutputFormat } from '../output.ts';
import { answerBatch } from '../sizing/batch.ts';
import { renderSize } from '../sizing/render-size.ts';
import { sizeLine } from '../sizing/size-line.ts';
import { bytesOfHeaders, bytesOfIndex, readJson } from '../sizing/stored-bytes.ts';

interface SizeOptions {
  readonly batch?: string;
  readonly config?: string;
  readonly index?: string;
  readonly headers?: string;
  readonly output: OutputFormat;
  readonly [option: string]: string | boolean | undefined;
}

/** Options that hold a number or a length; the key is that of a batch line. */
const numbers = [
  ['--weights-bytes <n>', 'weightsBytes', 'bytes of the tensors in the root safetensors files'],
  ['--gpu-memory-bytes <n>', 'gpuMemoryBytes', 'memory of one GPU as CUDA sees it'],
  ['--tp <n>', 'tp', 'tensor parallel size'],
  ['--pp <n>', 'pp', 'pipeline parallel size'],
  ['--dp <n>', 'dp', 'data parallel size'],
  ['--gpu-memory-utilization <share>', 'gpuMemoryUtilization', 'as vLLM’s flag'],
  ['--kv-cache-memory-bytes <n>', 'kvCacheMemoryBytes', 'replaces the whole budget, as vLLM’s flag'],
  ['--block-size <n>', 'blockSize', 'as vLLM’s flag'],
  ['--num-speculative-tokens <n>', 'numSpeculativeTokens', 'draft tokens per step'],
  ['--max-loras <n>', 'loraSlots', 'LoRA slots'],
  ['--max-lora-rank <n>', 'loraRank', 'largest rank of an adapter'],
  ['--cpu-offload-bytes <n>', 'cpuOffloadBytes', 'weights kept in host memory per GPU'],
] as const;

const texts = [
  ['--gpu-model <name>', 'gpuModel', 'for example H100'],
  ['--runtime-version <version>', 'runtimeVersion', 'version of vLLM (default: the catalogue’s)'],
  ['--max-model-len <n>', 'maxModelLen', 'tokens; 32k is 32,000, 32K is 32,768, auto takes the longest'],
  ['--max-num-seqs <n>', 'maxNumSeqs', 'as vLLM’s flag'],
  ['--max-num-batched-tokens <n>', 'maxNumBatchedTokens', 'as vLLM’s flag'],
  ['--kv-cache-dtype <type>', 'kvCacheDtype', 'as vLLM’s flag'],
  ['--dtype <type>', 'dtype', 'as vLLM’s flag'],
  ['--quantization <method>', 'quantization', 'as vLLM’s flag'],
] as const;

const flags = [
  ['--enforce-eager', 'enforceEager', 'no CUDA graphs'],
  ['--enable-expert-parallel', 'expertParallel', 'whole experts per GPU'],
  ['--no-enable-prefix-caching', 'enablePrefixCaching', 'as vLLM’s flag'],
] as const;

/** `kaito size --config config.json --gpu-model H100`. */
export function sizeCommand(context: CommandContext): Command {
  const command = new Command('size')
    .description(
      'say what one start of vLLM would take and hold, from config.json and the size of the weights',
    )
    .option('--config <file>', 'config.json of the model')
    .option('--index <file>', 'model.safetensors.index.json, for the bytes of the weights')
    .option('--headers <folder>', 'folder of safetensors files, for the bytes of the weights')
    .option('--batch <file>', 'answer JSON lines, one for one; - reads standard input')
    .addOption(outputOption());
  for (const [flag, , text] of [...numbers, ...texts, ...flags]) command.option(flag, text);
  return command.action(async (options: SizeOptions) => {
    const catalogue = embeddedCatalogue();
    if (options.batch !== undefined) {
      for await (const line of answerBatch(options.batch, catalogue)) context.writeResult(`${line}\n`);
      return;
    }
    try {
      const answer = sizeLine(await lineOf(options), catalogue);
      writeOutput(context, options.output, answer, () => renderSize(answer));
    } catch (error) {
      if (!(error instanceof SizingInputError)) throw error;
      throw new CommandError({
        code: error.code,
        message: error.message,
        next: `correct ${error.key} and try again`,
        exitCode: exitCodes.badInput,
        cause: error,
      });
    }
  });
}

async function lineOf(options: SizeOptions): Promise<JsonObject> {
  if (options.config === undefined)
    throw new SizingInputError('MISSING_KEY', 'config', 'give --config FILE or --batch FILE');
  const config = await readJson(options.config, 'config');
  if (!isJsonObject(config)) throw new SizingInputError('BAD_INPUT', 'config', 'must hold a JSON object');
  const line: Record<string, JsonObject[string]> = { config };
  for (const [flag, key] of numbers) {
    const text = options[optionName(flag)];
    if (typeof text === 'string') line[key] = readNumber(text, key);
  }
  for (const [flag, key] of texts) {
    const text = options[optionName(flag)];
    if (typeof text === 'string') line[key] = text;
  }
  for (const [flag, key] of flags) {
    const value = options[optionName(flag)];
    if (flag.startsWith('--no-') ? value === false : value === true) line[key] = value ?? null;
  }
  const stored = await storedBytes(options);
  return stored === undefined ? line : { ...line, weightsBytes: stored };
}

async function storedBytes({ index, headers }: SizeOptions): Promise<number | undefined> {
  if (index !== undefined) return bytesOfIndex(index);
  return headers === undefined ? undefined : bytesOfHeaders(headers);
}

function readNumber(text: string, key: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new SizingInputError('BAD_INPUT', key, `must be a number of 0 or more, not ${text}`);
  return value;
}

/** The name under which commander keeps an option. */
function optionName(flag: string): string {
  const name = /^--(?:no-)?([a-z-]+)/.exec(flag)?.[1] ?? '';
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
