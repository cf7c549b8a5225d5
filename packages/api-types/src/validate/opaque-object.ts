import { error, type FieldIssue, issueCodes } from '../issues/field-issue.ts';
import { formatFieldPath, joinFieldPath } from '../issues/field-path.ts';
import { nearest } from '../issues/nearest.ts';

export type OpaqueObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is OpaqueObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Fields that Kubernetes does not know: it would drop them without a word. */
export function unknownFieldIssues(
  value: OpaqueObject,
  known: readonly string[],
  at: string,
): readonly FieldIssue[] {
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const meant = nearest(key, known);
      const hint = meant === undefined ? '' : `; did you mean ${JSON.stringify(meant)}?`;
      return error(
        joinFieldPath(at, formatFieldPath([key])),
        issueCodes.unknownField,
        `unknown field${hint}`,
      );
    });
}
