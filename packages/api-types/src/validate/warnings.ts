import type { FieldIssue } from '../issues/field-issue.ts';
import type { Workspace } from '../schema/workspace.ts';

/** Things that are allowed but do not do what they seem to. */
export function workspaceWarnings(_workspace: Workspace): readonly FieldIssue[] {
  return [];
}
