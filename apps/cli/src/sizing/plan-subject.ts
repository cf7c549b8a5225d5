import { readFile } from 'node:fs/promises';
import type { RuntimeName } from '@kaito-ts/api-types';
import { CommandError, exitCodes } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { checkManifests, configIn } from '../manifest-file.ts';
import { workspaceOfModel, type PlanSubject } from './plan-question.ts';

export interface SubjectOptions {
  readonly filename?: string;
  readonly config?: string;
  readonly model?: string;
  readonly defaultRuntime: RuntimeName;
}

/** The Workspace that is planned for: the first of a manifest, or one that names a model. */
export async function planSubject(context: CommandContext, options: SubjectOptions): Promise<PlanSubject> {
  const { filename, model, defaultRuntime } = options;
  const told = options.config === undefined ? undefined : await readFile(options.config, 'utf8');
  if (filename === undefined) {
    if (model === undefined)
      throw badInput(
        'NO_MODEL',
        'no model is named',
        'give --model ID, or -f FILE with inference.preset.name',
      );
    return { workspace: workspaceOfModel(model), config: told, defaultRuntime };
  }
  const checked = await checkManifests([filename]);
  const workspace = checked.map((own) => own.workspace).find((own) => own !== undefined);
  if (workspace === undefined)
    throw badInput(
      'NO_WORKSPACE',
      `${filename} holds no Workspace that can be read`,
      `kaito validate -f ${filename}`,
    );
  const config = told ?? configIn(checked, workspace);
  if (config === undefined && workspace.inference?.config !== undefined)
    context.writeNote(
      `planned without ConfigMap/${workspace.inference.config}: it is not in ${filename}; give --config FILE\n`,
    );
  return {
    workspace: model === undefined ? workspace : withModel(workspace, model),
    config,
    defaultRuntime,
  };
}

function withModel(workspace: PlanSubject['workspace'], name: string): PlanSubject['workspace'] {
  const { template: _, ...inference } = workspace.inference ?? {};
  return { ...workspace, inference: { ...inference, preset: { ...inference.preset, name } } };
}

function badInput(code: string, message: string, next: string): CommandError {
  return new CommandError({ code, message, next, exitCode: exitCodes.badInput });
}
