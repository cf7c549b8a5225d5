import { Command } from 'commander';
import { conditionReasons, hasErrors, issueCodes } from '@kaito-ts/api-types';
import { planServing } from '@kaito-ts/operator';
import { embeddedCatalogue } from '@kaito-ts/preset-catalog';
import { CommandError, exitCodes } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { checkManifests, configIn, describeIssue, type CheckedManifest } from '../manifest-file.ts';
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
      const manifests = await checkManifests(filename);
      const checked = manifests.map((own) => withOperatorWords(own, manifests));
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

/** What the operator would say of a Workspace that the API allows: its model, its runtime, the flags of its ConfigMap. */
function withOperatorWords(own: CheckedManifest, all: readonly CheckedManifest[]): CheckedManifest {
  const { workspace } = own;
  if (workspace === undefined) return own;
  const content = configIn(all, workspace);
  const serving = planServing(
    workspace,
    content === undefined
      ? undefined
      : { name: workspace.inference?.config ?? '', state: 'present', content },
    { catalogue: embeddedCatalogue(), defaultRuntime: 'vllm', runtimeImages: new Map() },
  );
  if (serving.ok) return own;
  const { reason, object, cause, nextStep } = serving.cause;
  // The operator may know records of your own.
  const severity = reason === conditionReasons.ModelUnknown ? 'warning' : 'error';
  const about = object.startsWith('Workspace/') ? '' : `${object}: `;
  const issue = {
    path: '',
    code: issueCodes.invalidValue,
    message: `${reason}: ${about}${cause}; next: ${nextStep}`,
    severity,
  } as const;
  return { ...own, issues: [...own.issues, issue] };
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
