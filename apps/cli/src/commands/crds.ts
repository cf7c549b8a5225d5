import { Command } from 'commander';
import { dump } from 'js-yaml';
import { customResourceDefinitions } from '@kaito-ts/api-types';
import type { CommandContext } from '../context.ts';
import { outputOption } from '../options.ts';
import { writeOutput, type OutputFormat } from '../output.ts';

/** `kaito crds | kubectl apply --server-side -f -`. */
export function crdsCommand(context: CommandContext): Command {
  return new Command('crds')
    .description('print the CustomResourceDefinitions, ready for kubectl apply --server-side -f -')
    .addOption(outputOption().default('yaml'))
    .action(({ output }: { output: OutputFormat }) => {
      const definitions = customResourceDefinitions();
      const documents = definitions
        .map((definition) => dump(definition, { noRefs: true, lineWidth: -1 }))
        .join('---\n');
      if (output === 'json') writeOutput(context, 'json', definitions, () => '');
      else context.writeResult(documents);
    });
}
