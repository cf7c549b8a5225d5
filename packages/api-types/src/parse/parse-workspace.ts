import type { Parsed } from '../issues/field-issue.ts';
import { type Workspace, WorkspaceSchema } from '../schema/workspace.ts';
import { pruneNulls } from './prune-nulls.ts';
import { schemaIssues } from './schema-issues.ts';

/** Reads a Workspace: refuses unknown fields and wrong types, and fills in the CRD's defaults. Rules between fields are left to validate. */
export function parseWorkspace(input: unknown): Parsed<Workspace> {
  const pruned = pruneNulls(input);
  const result = WorkspaceSchema.safeParse(pruned);
  if (!result.success) return { ok: false, issues: schemaIssues(result.error, pruned, WorkspaceSchema) };
  return { ok: true, value: result.data, issues: [] };
}
