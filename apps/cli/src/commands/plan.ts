import { Command, InvalidArgumentError, Option } from 'commander';
import { rankOffers, SizingInputError, type RankedOffer, type SizingSettings } from '@kaito-ts/gpu-sizing';
import { embeddedCatalogue, type ModelRecord, type Provider } from '@kaito-ts/preset-catalog';
import { CommandError, exitCodes } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { outputOption, readCount } from '../options.ts';
import { writeOutput, type OutputFormat } from '../output.ts';
import { offersOf } from '../sizing/offers.ts';
import { contextOf, planQuestion } from '../sizing/plan-question.ts';
import { renderPlan } from '../sizing/render-plan.ts';

interface PlanOptions {
  readonly filename?: string;
  readonly model?: string;
  readonly instanceType?: string;
  readonly gpu?: string;
  readonly gpus?: number;
  readonly gpuMemoryBytes?: number;
  readonly any?: boolean;
  readonly provider?: Provider;
  readonly context?: string;
  readonly concurrency?: number;
  readonly nodes?: number;
  readonly maxPrice?: number;
  readonly gpuMemoryUtilization?: number;
  readonly kvCacheDtype?: string;
  readonly maxNumSeqs?: number;
  readonly maxNumBatchedTokens?: number;
  readonly runtimeVersion?: string;
  readonly explain?: boolean;
  readonly output: OutputFormat;
}

/** `kaito plan --model qwen3-8b --any --provider azure --context 32k --concurrency 16`. */
export function planCommand(context: CommandContext): Command {
  return new Command('plan')
    .description(
      'say which machines a model fits on, in which shape, with how much context and at what price',
    )
    .option('-f, --filename <file>', 'a Workspace manifest, or - for standard input')
    .option('--model <id>', 'a model of the catalogue, by name, alias or repository')
    .option('--instance-type <name>', 'plan for this machine')
    .option('--gpu <name>', 'plan for a GPU of your own, for example H100')
    .option('--gpus <n>', 'how many of it a node has', readCount)
    .option('--gpu-memory-bytes <n>', 'its memory as CUDA sees it', readCount)
    .option('--any', 'compare all machines')
    .addOption(
      new Option('--provider <name>', 'only machines of this provider').choices(['azure', 'aws', 'arc']),
    )
    .option('--context <length>', 'tokens of one request; 32k is 32,000, 32K is 32,768')
    .option('--concurrency <n>', 'requests of that length at once', readCount)
    .option('--nodes <n>', 'most nodes to use', readCount)
    .option('--max-price <amount>', 'most to pay per hour for all nodes', readShare)
    .option('--gpu-memory-utilization <share>', 'as vLLM’s flag', readShare)
    .option('--kv-cache-dtype <type>', 'as vLLM’s flag')
    .option('--max-num-seqs <n>', 'as vLLM’s flag', readCount)
    .option('--max-num-batched-tokens <n>', 'as vLLM’s flag', readCount)
    .option('--runtime-version <version>', 'version of vLLM (default: the catalogue’s)')
    .option('--explain', 'print the whole account')
    .addOption(outputOption())
    .action(async (options: PlanOptions) => {
      try {
        await plan(context, options);
      } catch (error) {
        if (!(error instanceof SizingInputError)) throw error;
        throw new CommandError({
          code: error.code,
          message: error.message,
          next: `correct ${error.key}`,
          exitCode: exitCodes.badInput,
          cause: error,
        });
      }
    });
}

async function plan(context: CommandContext, options: PlanOptions): Promise<void> {
  const catalogue = embeddedCatalogue();
  const { record, instanceType, mostNodes } = await planQuestion(catalogue, options);
  const version = options.runtimeVersion ?? catalogue.runtime('vllm')?.version ?? '0.32.0';
  const length = contextOf(record, options.context);
  const everywhere =
    options.any === true ||
    (instanceType === undefined && options.gpu === undefined && options.gpuMemoryBytes === undefined);
  const offers = offersOf(catalogue, {
    ...(!everywhere && {
      instanceType,
      gpu: options.gpu,
      gpuCount: options.gpus,
      gpuMemoryBytes: options.gpuMemoryBytes,
    }),
    provider: options.provider,
  });
  const ranked = rankOffers({
    model: record.facts,
    offers,
    runtime: { engine: 'vllm', version },
    settings: settingsOf(options, length, cacheTypeOf(record)),
    mostNodes,
    ...(options.maxPrice !== undefined && { highestPrice: options.maxPrice }),
  });
  const report = {
    model: record.name,
    runtimeVersion: version,
    context: length,
    concurrency: options.concurrency ?? 1,
    ranked,
  };
  writeOutput(context, options.output, { ...report, ranked: ranked.map(publicForm) }, () =>
    renderPlan(report, { explain: options.explain === true }),
  );
}

/** What the operator sets for this model unless the user says otherwise. */
function cacheTypeOf({ engineArguments }: ModelRecord): string | undefined {
  const type = engineArguments?.vllm?.['kv-cache-dtype'];
  return typeof type === 'string' ? type : undefined;
}

function settingsOf(
  options: PlanOptions,
  maxModelLen: number,
  recordCacheType: string | undefined,
): SizingSettings {
  const { concurrency, gpuMemoryUtilization, maxNumSeqs, maxNumBatchedTokens } = options;
  const kvCacheDtype = options.kvCacheDtype ?? recordCacheType;
  return {
    maxModelLen,
    ...(concurrency !== undefined && { concurrency }),
    ...(gpuMemoryUtilization !== undefined && { gpuMemoryUtilization }),
    ...(kvCacheDtype !== undefined && { kvCacheDtype }),
    ...(maxNumSeqs !== undefined && { maxNumSeqs }),
    ...(maxNumBatchedTokens !== undefined && { maxNumBatchedTokens }),
  };
}

function publicForm({ offer, plan: own, pricePerHour, lostBecause }: RankedOffer): object {
  return {
    name: offer.name,
    gpu: offer.device.model,
    gpuMemoryBytes: offer.device.memoryBytes,
    ...(pricePerHour !== undefined && { pricePerHour, currency: offer.currency ?? 'USD' }),
    ...(lostBecause !== undefined && { lostBecause }),
    ...own,
  };
}

function readShare(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('give a number above 0.');
}
