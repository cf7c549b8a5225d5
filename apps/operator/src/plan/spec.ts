import type { FieldIssue, ValidationOptions, Workspace } from '@kaito-ts/api-types';
import type { Planned } from './cause.ts';
import type { WorkspaceObject } from './observation.ts';
import { conditionReasons, issueCodes, parseWorkspace, validateWorkspaceCreate } from '@kaito-ts/api-types';
import { planned, refused } from './cause.ts';

/** The Workspace as the API rules allow it. The API server may have let more through, so everything is checked again. */
export function planSpec(stored: WorkspaceObject, options: ValidationOptions = {}): Planned<Workspace> {
  const object = `Workspace/${stored.metadata.name}`;
  const parsed = parseWorkspace(stored);
  if (!parsed.ok) return invalid(object, parsed.issues);
  const issues = validateWorkspaceCreate(parsed.value, options).filter(
    ({ severity }) => severity === 'error',
  );
  if (issues.length > 0) return invalid(object, issues);
  if (parsed.value.inference === undefined) {
    return refused({
      reason: conditionReasons.TuningNotImplemented,
      object,
      cause: 'tuning: this release validates tuning but does not run it',
      nextStep: 'use inference, or wait for the release that runs tuning Jobs',
    });
  }
  return planned(parsed.value);
}

function isInstanceTypeMissing({ path, code }: FieldIssue): boolean {
  return path === 'resource.instanceType' && code === issueCodes.required;
}

function invalid(object: string, issues: readonly FieldIssue[]): Planned<never> {
  const [first] = issues;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  const missing = issues.length === 1 && first !== undefined && isInstanceTypeMissing(first);
  return refused({
    reason: missing ? conditionReasons.InstanceTypeRequired : conditionReasons.SpecInvalid,
    object,
    cause: `${first?.path ? `${first.path}: ` : ''}${first?.message ?? 'breaks a rule of the API'}${more}`,
    nextStep: 'correct the field',
  });
}
