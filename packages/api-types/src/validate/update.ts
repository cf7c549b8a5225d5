import { error, type FieldIssue, issueCodes } from '../issues/field-issue.ts';
import { annotations } from '../names/annotations.ts';
import type { PresetSpec } from '../schema/preset.ts';
import type { Workspace } from '../schema/workspace.ts';
import { annotationPath } from './annotations.ts';
import { validateWorkspaceCreate } from './create.ts';
import { sameValue } from './same-value.ts';
import { provisionsNodes, type ValidationOptions } from './validation-options.ts';

/**
 * What a change may not do, and the rules of creation for what the change brought in.
 * An old fault that stays as it was is not reported, so that nothing blocks a status write or a finalizer;
 * a Workspace that is being deleted is not validated at all.
 */
export function validateWorkspaceUpdate(
  previous: Workspace,
  next: Workspace,
  options: ValidationOptions = {},
): readonly FieldIssue[] {
  if (next.metadata.deletionTimestamp !== undefined) return [];
  return [
    ...toggleIssues(previous, next),
    ...resourceIssues(previous.resource, next.resource, options),
    ...inferenceIssues(previous.inference, next.inference),
    ...tuningIssues(previous.tuning, next.tuning),
    ...streamingIssues(previous, next, options),
    ...newIssues(validateWorkspaceCreate(previous, options), validateWorkspaceCreate(next, options)),
  ];
}

const immutable = 'field is immutable';

function toggleIssues(previous: Workspace, next: Workspace): readonly FieldIssue[] {
  return (['inference', 'tuning', 'resource'] as const)
    .filter((field) => (previous[field] === undefined) !== (next[field] === undefined))
    .map((field) => {
      const message = `cannot be toggled once set: ${field} cannot be added or removed`;
      return error(field, issueCodes.immutable, message);
    });
}

function resourceIssues(
  previous: Workspace['resource'],
  next: Workspace['resource'],
  options: ValidationOptions,
): readonly FieldIssue[] {
  if (!previous || !next) return [];
  const fixed = (['count', 'labelSelector', 'partition'] as const).filter(
    (field) => !sameValue(withDefault(previous, field), withDefault(next, field)),
  );
  return [
    ...fixed.map((field) => error(`resource.${field}`, issueCodes.immutable, immutable, next[field])),
    ...instanceTypeIssues(previous.instanceType, next.instanceType, options),
  ];
}

function withDefault(
  resource: NonNullable<Workspace['resource']>,
  field: 'count' | 'labelSelector' | 'partition',
): unknown {
  return field === 'count' ? (resource.count ?? 1) : resource[field];
}

/** It may be set when it was empty, and on existing nodes it may be removed; it is never exchanged. */
function instanceTypeIssues(
  previous: string | undefined,
  next: string | undefined,
  options: ValidationOptions,
): readonly FieldIssue[] {
  if (!previous || previous === next) return [];
  if (!next && !provisionsNodes(options)) return [];
  return [error('resource.instanceType', issueCodes.immutable, 'cannot be changed once set', next ?? '')];
}

function inferenceIssues(
  previous: Workspace['inference'],
  next: Workspace['inference'],
): readonly FieldIssue[] {
  if (!previous || !next) return [];
  const issues: FieldIssue[] = [];
  if (!samePreset(previous.preset, next.preset)) {
    issues.push(error('inference.preset', issueCodes.immutable, immutable, next.preset?.name));
  }
  if ((previous.template === undefined) !== (next.template === undefined)) {
    const message = `${immutable}: it cannot be unset/set if it was set/unset`;
    issues.push(error('inference.template', issueCodes.immutable, message));
  }
  return issues;
}

function tuningIssues(previous: Workspace['tuning'], next: Workspace['tuning']): readonly FieldIssue[] {
  if (!previous || !next) return [];
  const issues: FieldIssue[] = [];
  if (!samePreset(previous.preset, next.preset)) {
    issues.push(error('tuning.preset', issueCodes.immutable, immutable, next.preset.name));
  }
  if (previous.method.toLowerCase() !== next.method.toLowerCase()) {
    issues.push(error('tuning.method', issueCodes.immutable, immutable, next.method));
  }
  if ((previous.input.name ?? '') !== (next.input.name ?? '')) {
    issues.push(error('tuning.input.name', issueCodes.immutable, immutable, next.input.name ?? ''));
  }
  return issues;
}

function samePreset(previous: PresetSpec | undefined, next: PresetSpec | undefined): boolean {
  if (!previous || !next) return previous === next;
  return sameValue(comparablePreset(previous), comparablePreset(next));
}

/** Absent, {} and '' are one value here, as in upstream's decoded structs. */
function comparablePreset({ name, accessMode, presetOptions }: PresetSpec): unknown {
  return {
    name,
    accessMode: accessMode ?? 'public',
    image: presetOptions?.image ?? '',
    imagePullSecrets: presetOptions?.imagePullSecrets ?? [],
    modelAccessSecret: presetOptions?.modelAccessSecret ?? '',
  };
}

function streamingIssues(
  previous: Workspace,
  next: Workspace,
  options: ValidationOptions,
): readonly FieldIssue[] {
  if (!options.modelStreaming) return [];
  const key = annotations.modelStreaming;
  const before = previous.metadata.annotations?.[key] ?? '';
  const after = next.metadata.annotations?.[key] ?? '';
  return before === after
    ? []
    : [error(annotationPath(key), issueCodes.immutable, 'immutable after creation', after)];
}

function newIssues(before: readonly FieldIssue[], after: readonly FieldIssue[]): readonly FieldIssue[] {
  return after.filter((issue) => !before.some((old) => sameValue(old, issue)));
}
