import { readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { Command, Option } from 'commander';
import { hasErrors, runtimeNames, type RuntimeName } from '@kaito-ts/api-types';
import { embeddedCatalogue } from '@kaito-ts/preset-catalog';
import { planWorkspaceOffline, type DescribedNode, type Plan } from '@kaito-ts/operator';
import { CommandError, exitCodes } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { checkManifests, describeIssue } from '../manifest-file.ts';
import { collect, outputOption, readCount } from '../options.ts';
import { writeOutput, type OutputFormat } from '../output.ts';
import { launcherImage } from '../system/programs.ts';
import { version } from '../version.ts';

interface RenderOptions {
  readonly filename: readonly string[];
  readonly config?: string;
  readonly defaultRuntime: RuntimeName;
  readonly launcherImage: string;
  readonly nodes: number;
  readonly gpus: number;
  readonly gpuProduct?: string;
  readonly gpuMemoryMib?: number;
  readonly instanceType?: string;
  readonly output: OutputFormat;
}

/** `kaito render -f FILE`: the objects that the operator would apply, on nodes that the options describe. */
export function renderCommand(context: CommandContext): Command {
  return new Command('render')
    .description('print the objects that the operator would make of a Workspace, without a cluster')
    .requiredOption(
      '-f, --filename <file>',
      'a YAML file, or - for standard input; may be repeated',
      collect,
      [],
    )
    .option(
      '--config <file>',
      'an inference_config.yaml, as the ConfigMap that inference.config names would hold it',
    )
    .addOption(
      new Option('--default-runtime <engine>', 'engine of Workspaces that name none')
        .choices(runtimeNames)
        .default('vllm'),
    )
    .option('--launcher-image <reference>', 'image that holds the launcher', `${launcherImage}:${version}`)
    .option('--nodes <count>', 'how many nodes there are', readCount, 1)
    .option('--gpus <count>', 'GPUs of each node; 0 is a node like this machine', readCount, 0)
    .option('--gpu-product <name>', 'as the label nvidia.com/gpu.product says it, e.g. NVIDIA-A100-SXM4-80GB')
    .option(
      '--gpu-memory-mib <mib>',
      'memory of each GPU, as the label nvidia.com/gpu.memory says it',
      readCount,
    )
    .option('--instance-type <name>', 'value of the label node.kubernetes.io/instance-type')
    .addOption(outputOption().default('yaml'))
    .action((options: RenderOptions) => render(context, options));
}

async function render(context: CommandContext, options: RenderOptions): Promise<void> {
  const config = options.config === undefined ? undefined : await readFile(options.config, 'utf8');
  const plans: Plan[] = [];
  for (const { filename, workspace, issues } of await checkManifests(options.filename)) {
    for (const issue of issues) context.writeNote(`${describeIssue(filename, issue)}\n`);
    if (workspace === undefined || hasErrors(issues)) throw invalid('correct the fields named above');
    plans.push(
      planWorkspaceOffline({
        workspace,
        config,
        nodes: describeNodes(options),
        defaultRuntime: options.defaultRuntime,
        launcherImage: options.launcherImage,
        catalogue: embeddedCatalogue(),
      }),
    );
  }
  const objects = plans.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.kind === 'apply' ? [step.object] : [])),
  );
  for (const { reasons } of plans) for (const reason of reasons) context.writeNote(`# ${reason}\n`);
  if (objects.length === 0) throw invalid(firstCause(plans));
  writeOutput(context, options.output === 'table' ? 'yaml' : options.output, objects, () => '');
}

function describeNodes({
  nodes,
  gpus,
  gpuProduct,
  gpuMemoryMib,
  instanceType,
}: RenderOptions): readonly DescribedNode[] {
  const node = {
    cpus: cpus().length,
    memoryBytes: totalmem(),
    gpus,
    ...(gpuProduct === undefined ? {} : { gpuProduct }),
    ...(gpuMemoryMib === undefined ? {} : { gpuMemoryMib }),
    ...(instanceType === undefined ? {} : { instanceType }),
  };
  return Array.from({ length: nodes }, (_, index) => ({ name: `node-${index + 1}`, ...node }));
}

function firstCause(plans: readonly Plan[]): string {
  const conditions = plans.flatMap(({ status }) => status?.conditions ?? []);
  const first = conditions.find(({ status }) => status !== 'True');
  return first === undefined ? 'give the nodes it needs' : `${first.reason}: ${first.message ?? ''}`;
}

function invalid(next: string): CommandError {
  return new CommandError({
    code: 'NOTHING_TO_RENDER',
    message: 'no objects come of this',
    next,
    exitCode: exitCodes.badInput,
  });
}
