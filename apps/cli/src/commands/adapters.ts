import { Command } from 'commander';
import {
  checkAgainstBase,
  fuseAdapters,
  inspectAdapter,
  isAdapterError,
  readBaseShapes,
  readPeftAdapter,
  writePeftAdapter,
  type AdapterInspection,
} from '@kaito-ts/adapter-merge';
import { CommandError, exitCodes } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { collect, outputOption } from '../options.ts';
import { renderTable, writeOutput, type OutputFormat } from '../output.ts';

interface FuseOptions {
  readonly adapter: readonly string[];
  readonly out: string;
  readonly base?: string;
}

/** `kaito adapters fuse|inspect`: what the launcher does with LoRA adapters, by hand. */
export function adaptersCommand(context: CommandContext): Command {
  const command = new Command('adapters').description('look into LoRA adapters and fuse them');
  command.addCommand(
    new Command('fuse')
      .description('write one adapter that is the exact weighted sum of several (rank concatenation, fp32)')
      .requiredOption(
        '--adapter <folder:strength>',
        'a PEFT adapter and its strength from 0 to 1; may be repeated',
        collect,
        [],
      )
      .requiredOption('--out <folder>', 'where to write the PEFT adapter')
      .option('--base <folder>', 'refuse adapters that do not fit this model')
      .action((options: FuseOptions) => naming(() => fuse(context, options))),
  );
  command.addCommand(
    new Command('inspect')
      .description('say what an adapter changes, at which ranks and scales, and what is wrong with it')
      .argument('<folder>')
      .addOption(outputOption())
      .action((folder: string, options: { readonly output: OutputFormat }) =>
        naming(() => inspect(context, folder, options.output)),
      ),
  );
  return command;
}

async function fuse(context: CommandContext, { adapter, out, base }: FuseOptions): Promise<void> {
  const weighted = await Promise.all(adapter.map(readWeighted));
  if (base !== undefined) {
    const shapes = await readBaseShapes(base);
    for (const each of weighted) checkAgainstBase(each.adapter, shapes);
  }
  const fused = fuseAdapters(weighted);
  await writePeftAdapter(fused, out);
  context.writeNote(`wrote ${out}: ${fused.modules.size} modules, rank ${fused.rank}\n`);
}

async function readWeighted(
  text: string,
): Promise<{ readonly adapter: Awaited<ReturnType<typeof readPeftAdapter>>; readonly strength: number }> {
  const colon = text.lastIndexOf(':');
  const strength = Number(text.slice(colon + 1));
  if (colon < 1 || text.slice(colon + 1).trim() === '' || !(strength >= 0 && strength <= 1)) {
    throw new CommandError({
      code: 'BAD_OPTION',
      message: `--adapter "${text}" is not FOLDER:STRENGTH with a strength from 0 to 1`,
      next: 'give for example --adapter ./my-adapter:0.5',
      exitCode: exitCodes.badInput,
    });
  }
  return { adapter: await readPeftAdapter(text.slice(0, colon)), strength };
}

async function inspect(context: CommandContext, folder: string, output: OutputFormat): Promise<void> {
  const inspection = await inspectAdapter(folder);
  writeOutput(context, output, inspection, () => describe(inspection));
  if (!inspection.usable) {
    throw new CommandError({
      code: 'ADAPTER_INVALID',
      message: `${folder} cannot be used`,
      next: inspection.problems[0]?.hint ?? 'see the problems above',
      exitCode: exitCodes.badInput,
    });
  }
}

function describe(inspection: AdapterInspection): string {
  const { baseModel = 'not said', rank = '?', alpha = '?', parameters, modules, dtypes } = inspection;
  const targets = renderTable(
    [
      { title: 'TARGET', value: ({ name }) => name },
      { title: 'MODULES', value: (target) => String(target.modules) },
      { title: 'RANKS', value: ({ ranks }) => ranks.join(', ') },
      { title: 'SCALES', value: ({ scales }) => scales.join(', ') },
    ],
    inspection.targets,
  );
  const problems = inspection.problems.map(({ message, hint }) => `problem: ${message}\n  next: ${hint}\n`);
  return [
    `base ${baseModel}, rank ${rank}, alpha ${alpha}, ${modules} modules, ${parameters} parameters, ${dtypes.join(', ')}\n`,
    targets,
    ...problems,
  ].join('');
}

/** What is wrong with the files of a user is bad input, named by file and tensor. */
async function naming(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (cause) {
    if (!isAdapterError(cause)) throw cause;
    throw new CommandError({
      code: cause.code,
      message: cause.message,
      next: cause.hint,
      exitCode: exitCodes.badInput,
      cause,
    });
  }
}
