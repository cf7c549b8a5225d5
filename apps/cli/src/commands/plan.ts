import { Command, InvalidArgumentError, Option } from 'commander';
import { runtimeNames, type RuntimeName } from '@kaito-ts/api-types';
import { SizingInputError } from '@kaito-ts/gpu-sizing';
import { embeddedCatalogue, type Provider } from '@kaito-ts/preset-catalog';
import { CommandError, exitCodes } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { outputOption, readCount } from '../options.ts';
import { writeOutput, type OutputFormat } from '../output.ts';
import { answerPlan } from '../sizing/plan-answer.ts';
import { planQuestion } from '../sizing/plan-question.ts';
import { planSubject } from '../sizing/plan-subject.ts';
import { settingsWished, type SettingsOptions } from '../sizing/settings-wished.ts';
import { renderPlan } from '../sizing/render-plan.ts';

interface PlanOptions extends SettingsOptions {
  readonly filename?: string;
  readonly config?: string;
  readonly model?: string;
  readonly defaultRuntime: RuntimeName;
  readonly instanceType?: string;
  readonly gpu?: string;
  readonly gpus?: number;
  readonly gpuMemoryBytes?: number;
  readonly any?: boolean;
  readonly provider?: Provider;
  readonly nodes?: number;
  readonly maxPrice?: number;
  readonly spot?: boolean;
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
    .option(
      '--config <file>',
      'an inference_config.yaml, unless the ConfigMap that inference.config names is in the manifest',
    )
    .option('--model <id>', 'a model of the catalogue, by name, alias or repository')
    .addOption(
      new Option('--default-runtime <engine>', 'engine of Workspaces that name none')
        .choices(runtimeNames)
        .default('vllm'),
    )
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
    .option('--max-price <amount>', 'most to pay per hour for all nodes', readPositive)
    .option('--spot', 'spot machines; their prices are not known')
    .option('--gpu-memory-utilization <share>', 'as vLLM’s flag', readPositive)
    .option('--kv-cache-dtype <type>', 'as vLLM’s flag')
    .option('--quantization <method>', 'as vLLM’s flag')
    .option('--max-num-seqs <n>', 'as vLLM’s flag', readCount)
    .option('--max-num-batched-tokens <length>', 'as vLLM’s flag')
    .option('--enforce-eager', 'as vLLM’s flag')
    .option('--cpu-offload-gb <n>', 'as vLLM’s flag', readPositive)
    .option('--lora-slots <n>', 'adapters that are held at once', readCount)
    .option('--lora-rank <n>', 'largest rank of an adapter', readCount)
    .option('--speculative-tokens <n>', 'tokens drafted for each step; 0 is off', readCount)
    .option('--tensor-parallel-size <n>', 'only this tensor parallel size', readCount)
    .option('--pipeline-parallel-size <n>', 'only this pipeline parallel size', readCount)
    .option('--data-parallel-size <n>', 'only this data parallel size', readCount)
    .option('--runtime-version <version>', 'version of the runtime (default: the catalogue’s)')
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
  const subject = await planSubject(context, options);
  const answer = answerPlan(
    planQuestion(embeddedCatalogue(), subject, {
      any: options.any,
      provider: options.provider,
      instanceType: options.instanceType,
      gpu: options.gpu,
      gpuCount: options.gpus,
      gpuMemoryBytes: options.gpuMemoryBytes,
      nodes: options.nodes,
      spot: options.spot,
      highestPrice: options.maxPrice,
      runtimeVersion: options.runtimeVersion,
      settings: settingsWished(options),
    }),
  );
  writeOutput(context, options.output, answer, () =>
    renderPlan(answer, { explain: options.explain === true }),
  );
}

function readPositive(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('give a number above 0.');
}
