import { error, type FieldIssue, issueCodes } from '../issues/field-issue.ts';
import type { Workspace } from '../schema/workspace.ts';
import { annotationIssues } from './annotations.ts';
import { inferenceIssues } from './inference.ts';
import { nameIssues } from './object-name.ts';
import { resourceIssues } from './resource.ts';
import { tuningIssues } from './tuning.ts';
import type { ValidationOptions } from './validation-options.ts';

/** Rules between fields, as they hold for a new Workspace; errors first met first, warnings among them. */
export function validateWorkspaceCreate(
  workspace: Workspace,
  options: ValidationOptions = {},
): readonly FieldIssue[] {
  return [
    ...nameIssues(workspace),
    ...shapeIssues(workspace),
    ...annotationIssues(workspace, options),
    ...resourceIssues(workspace, options),
    ...(workspace.inference ? inferenceIssues(workspace.inference) : []),
    ...(workspace.tuning ? tuningIssues(workspace, workspace.tuning) : []),
  ];
}

function shapeIssues({ inference, tuning }: Workspace): readonly FieldIssue[] {
  if (!inference && !tuning) {
    return [error('', issueCodes.exactlyOne, 'either inference or tuning must be set, not neither')];
  }
  if (inference && tuning) {
    return [error('tuning', issueCodes.exactlyOne, 'either inference or tuning must be set, but not both')];
  }
  return [];
}
