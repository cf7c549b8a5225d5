import type { Workspace } from '@kaito-ts/api-types';
import { readLength, SizingInputError } from '@kaito-ts/gpu-sizing';
import { readDimensions, type Catalogue, type ModelRecord } from '@kaito-ts/preset-catalog';
import { CommandError, exitCodes } from '../command-error.ts';
import { checkManifests } from '../manifest-file.ts';

/** What `kaito plan` is asked, from options and a manifest together. */
export interface PlanQuestion {
  readonly record: ModelRecord;
  readonly instanceType: string | undefined;
  readonly mostNodes: number;
}

export interface PlanSource {
  readonly filename?: string | undefined;
  readonly model?: string | undefined;
  readonly instanceType?: string | undefined;
  readonly nodes?: number | undefined;
}

const mostNodesByDefault = 4;

export async function planQuestion(catalogue: Catalogue, source: PlanSource): Promise<PlanQuestion> {
  const workspace = source.filename === undefined ? undefined : await workspaceOf(source.filename);
  const name = source.model ?? workspace?.inference?.preset?.name;
  if (name === undefined) {
    throw badInput('NO_MODEL', 'no model is named', 'give --model ID, or -f FILE with inference.preset.name');
  }
  const resolution = catalogue.resolve(name);
  if (resolution.kind === 'unknown')
    throw badInput('UNKNOWN_MODEL', resolution.message, `kaito models add ${name}`);
  return {
    record: resolution.record,
    instanceType: source.instanceType ?? workspace?.resource?.instanceType,
    mostNodes: source.nodes ?? workspace?.resource?.count ?? mostNodesByDefault,
  };
}

async function workspaceOf(file: string): Promise<Workspace> {
  const checked = await checkManifests([file]);
  const workspace = checked.map((own) => own.workspace).find((own) => own !== undefined);
  if (workspace !== undefined) return workspace;
  throw badInput('NO_WORKSPACE', `${file} holds no Workspace that can be read`, `kaito validate -f ${file}`);
}

/** The wanted context: as told, else the model's own limit up to 8,192. */
export function contextOf(record: ModelRecord, told: string | undefined): number {
  const limit = readDimensions(record.facts).maxPositionEmbeddings;
  if (told === undefined) return Math.min(8192, limit ?? 8192);
  const length = readLength(told);
  if (length === undefined || length < 1)
    throw new SizingInputError('BAD_INPUT', 'context', `must be a length such as 32k, not ${told}`);
  return length;
}

function badInput(code: string, message: string, next: string): CommandError {
  return new CommandError({ code, message, next, exitCode: exitCodes.badInput });
}
