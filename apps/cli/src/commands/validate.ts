import { Command } from 'commander';
import { hasErrors } from '@kaito-ts/api-types';
import { CommandError, exitCodes } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { checkManifests, describeIssue, type CheckedManifest } from '../manifest-file.ts';
import { collect, outputOption } from '../options.ts';
import { writeOutput, type OutputFormat } from '../output.ts';

/** `kaito validate -f FILE`: what the API server and the operator would say of a manifest, with file and line. */
export function validateCommand(context: CommandContext): Command {
  return new Command('validate')
    .description('check Workspace manifests without a cluster')
    .requiredOption(
      '-f, --filename <file>',
      'a YAML file, or - for standard input; may be repeated',
      collect,
      [],
    )
    .addOption(outputOption())
    .action(async ({ filename, output }: { filename: readonly string[]; output: OutputFormat }) => {
      const checked = await checkManifests(filename);
      writeOutput(context, output, checked.map(publicForm), () => checked.map(describe).join(''));
      if (checked.some(({ issues }) => hasErrors(issues))) {
        throw new CommandError({
          code: 'MANIFEST_INVALID',
          message: 'not valid',
          next: 'correct the fields named above',
          exitCode: exitCodes.badInput,
        });
      }
    });
}

function publicForm({ filename, kind, name, ours, issues }: CheckedManifest): unknown {
  return { filename, kind, name, checked: ours, valid: !hasErrors(issues), issues };
}

function describe({ filename, kind, name, ours, issues }: CheckedManifest): string {
  const said = ours ? 'is valid' : 'is not of kaito.sh and was passed over';
  const verdict = hasErrors(issues) ? [] : [`${filename}: ${kind}/${name} ${said}`];
  return [...issues.map((issue) => describeIssue(filename, issue)), ...verdict]
    .map((line) => `${line}\n`)
    .join('');
}
