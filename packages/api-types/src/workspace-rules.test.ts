import { describe, expect, it } from 'vitest';
import { accepted } from './cases/accepted.test.fixture.ts';
import { changes } from './cases/changes.test.fixture.ts';
import { refusedOnCreate } from './cases/refused-on-create.test.fixture.ts';
import type { FieldIssue, Parsed } from './issues/field-issue.ts';
import { parseWorkspace } from './parse/parse-workspace.ts';
import type { Workspace } from './schema/workspace.ts';
import { validateWorkspaceCreate } from './validate/create.ts';
import { validateWorkspaceUpdate } from './validate/update.ts';

describe('creation', () => {
  it.each(refusedOnCreate)('refuses $name', ({ manifest, path, code }) => {
    expect(errorsOf(manifest)).toContainEqual(expect.objectContaining({ path, code }));
  });

  it.each(accepted)('accepts $name', ({ manifest }) => {
    expect(errorsOf(manifest)).toEqual([]);
  });
});

describe('change', () => {
  it.each(changes.filter((change) => change.refusedAt !== undefined))(
    'refuses $name',
    ({ from, to, refusedAt }) => {
      const paths = errorsOfChange(from, to).map((issue) => issue.path);
      expect(paths).toContain(refusedAt);
    },
  );

  it.each(changes.filter((change) => change.refusedAt === undefined))('allows $name', ({ from, to }) => {
    expect(errorsOfChange(from, to)).toEqual([]);
  });
});

function errorsOf(manifest: unknown): readonly FieldIssue[] {
  const parsed = parseWorkspace(manifest);
  return onlyErrors(parsed.ok ? validateWorkspaceCreate(parsed.value) : parsed.issues);
}

function errorsOfChange(from: unknown, to: unknown): readonly FieldIssue[] {
  const parsed = parseWorkspace(to);
  return onlyErrors(
    parsed.ok ? validateWorkspaceUpdate(value(parseWorkspace(from)), parsed.value) : parsed.issues,
  );
}

function value(parsed: Parsed<Workspace>): Workspace {
  if (!parsed.ok)
    throw new Error(`the starting point of a change must be valid: ${JSON.stringify(parsed.issues)}`);
  return parsed.value;
}

function onlyErrors(issues: readonly FieldIssue[]): readonly FieldIssue[] {
  return issues.filter((issue) => issue.severity === 'error');
}
