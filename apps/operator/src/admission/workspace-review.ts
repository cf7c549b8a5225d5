import type { FieldIssue, Parsed, ValidationOptions, Workspace } from '@kaito-ts/api-types';
import type { Catalogue } from '@kaito-ts/preset-catalog';
import {
  hasErrors,
  issueCodes,
  parseWorkspace,
  validateWorkspaceCreate,
  validateWorkspaceUpdate,
} from '@kaito-ts/api-types';

/** One write of a Workspace, as the API server asks about it. */
export interface WorkspaceWrite {
  readonly operation: string;
  readonly object: unknown;
  readonly previous: unknown;
}

export interface ReviewFacts {
  readonly catalogue: Catalogue;
  readonly validation: ValidationOptions;
}

export interface Verdict {
  readonly allowed: boolean;
  readonly errors: readonly FieldIssue[];
  readonly warnings: readonly FieldIssue[];
}

const allowed: Verdict = { allowed: true, errors: [], warnings: [] };

/**
 * What the schema and CEL cannot say about a write. Everything it needs is in memory: it asks nobody. The controller
 * checks the same rules again, so a write that comes past this one is told about in the Workspace's status.
 */
export function reviewWorkspace(write: WorkspaceWrite, facts: ReviewFacts): Verdict {
  if (write.operation !== 'CREATE' && write.operation !== 'UPDATE') return allowed;
  const next = parseWorkspace(write.object);
  const previous = write.operation === 'UPDATE' ? parseWorkspace(write.previous) : undefined;
  if (next.ok && next.value.metadata.deletionTimestamp !== undefined) return allowed;
  const issues = next.ok ? ruleIssues(next.value, previous, facts) : newIssues(next, previous);
  return {
    allowed: !hasErrors(issues),
    errors: issues.filter(({ severity }) => severity === 'error'),
    warnings: issues.filter(({ severity }) => severity === 'warning'),
  };
}

function ruleIssues(
  next: Workspace,
  previous: Parsed<Workspace> | undefined,
  { catalogue, validation }: ReviewFacts,
): readonly FieldIssue[] {
  const rules =
    previous?.ok === true
      ? validateWorkspaceUpdate(previous.value, next, validation)
      : validateWorkspaceCreate(next, validation);
  const before = previous?.ok === true ? previous.value.inference?.preset?.name : undefined;
  const name = next.inference?.preset?.name;
  return name === undefined || name === before ? rules : [...rules, ...unknownPreset(name, catalogue)];
}

/** A warning only: the record may come later, in the ConfigMap of the user's own records. */
function unknownPreset(name: string, catalogue: Catalogue): readonly FieldIssue[] {
  const resolution = catalogue.resolve(name);
  if (resolution.kind === 'resolved') return [];
  const message = `${resolution.message}; next: ${resolution.nextStep}`;
  const code = issueCodes.invalidValue;
  return [{ path: 'inference.preset.name', code, message, severity: 'warning', value: name }];
}

/** An object that was stored before a rule was made may still be labelled, annotated and deleted. */
function newIssues(next: Parsed<Workspace>, previous: Parsed<Workspace> | undefined): readonly FieldIssue[] {
  const old = new Set(previous?.issues.map(identity));
  return next.issues.filter((issue) => !old.has(identity(issue)));
}

function identity({ path, code, value }: FieldIssue): string {
  return JSON.stringify([path, code, value]);
}
