import type { FieldIssue } from '../issues/field-issue.ts';
import type { Workspace } from '../schema/workspace.ts';
import { type ValidationOptions, validateWorkspaceCreate } from './create.ts';

/** What a change may not do, and the rules of creation for what it changed. */
export function validateWorkspaceUpdate(
  _previous: Workspace,
  next: Workspace,
  options: ValidationOptions = {},
): readonly FieldIssue[] {
  return validateWorkspaceCreate(next, options);
}
