import type * as z from 'zod';
import { error, type FieldIssue, type IssueCode, issueCodes } from '../issues/field-issue.ts';
import { type FieldPath, formatFieldPath } from '../issues/field-path.ts';
import { nearest } from '../issues/nearest.ts';
import { knownFields } from './known-fields.ts';

/** Turns what zod found into field issues: one per path and code, with the value and a hint. */
export function schemaIssues(failure: z.ZodError, input: unknown, schema: z.ZodType): readonly FieldIssue[] {
  const issues = failure.issues.flatMap((issue) => {
    const path = issue.path.filter((segment) => typeof segment !== 'symbol');
    return issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownField(path, key, schema))
      : [fieldIssue(issue, path, valueAt(input, path))];
  });
  const placeholders = new Set(issues.filter(isPlaceholder).map((issue) => issue.path));
  return issues.filter((issue) => isPlaceholder(issue) || !placeholders.has(issue.path));
}

const isPlaceholder = (issue: FieldIssue): boolean => issue.code === issueCodes.placeholder;

function unknownField(path: FieldPath, key: string, schema: z.ZodType): FieldIssue {
  const suggestion = nearest(key, knownFields(schema, path));
  const hint = suggestion === undefined ? '' : `; did you mean ${JSON.stringify(suggestion)}?`;
  return error(formatFieldPath([...path, key]), issueCodes.unknownField, `unknown field${hint}`);
}

function fieldIssue(issue: z.core.$ZodIssue, path: FieldPath, value: unknown): FieldIssue {
  const at = formatFieldPath(path);
  switch (issue.code) {
    case 'invalid_type':
      if (value === undefined)
        return error(at, issueCodes.required, `is required (${article(issue.expected)})`);
      return error(at, issueCodes.wrongType, wrongType(issue.expected, value), value);
    case 'too_big':
      return error(
        at,
        sizeCode(issue.origin, 'over'),
        `must be at most ${amount(issue.maximum, issue.origin)}`,
        value,
      );
    case 'too_small':
      return error(
        at,
        sizeCode(issue.origin, 'under'),
        `must be at least ${amount(issue.minimum, issue.origin)}`,
        value,
      );
    case 'invalid_value':
      if (value === undefined)
        return error(at, issueCodes.required, `is required: ${issue.values.join(' or ')}`);
      return error(
        at,
        issueCodes.invalidValue,
        `must be ${issue.values.join(' or ')}, not ${describe(value)}`,
        value,
      );
    case 'custom':
      return error(at, customCode(issue.params), issue.message, value);
    case 'invalid_format':
    case 'invalid_key':
    case 'invalid_element':
    case 'invalid_union':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      break;
  }
  return error(at, issueCodes.invalidValue, issue.message, value);
}

function customCode(params: Record<string, unknown> | undefined): IssueCode {
  const code = params?.['code'];
  return Object.values(issueCodes).find((known) => known === code) ?? issueCodes.invalidValue;
}

function sizeCode(origin: string, side: 'over' | 'under'): IssueCode {
  if (origin === 'string' && side === 'over') return issueCodes.tooLong;
  if (origin === 'string') return issueCodes.required;
  return origin === 'array' && side === 'over' ? issueCodes.tooMany : issueCodes.outOfRange;
}

function amount(limit: number | bigint, origin: string): string {
  const unit = origin === 'string' ? ' characters' : origin === 'array' ? ' items' : '';
  return `${limit}${unit}`;
}

const articles: Readonly<Record<string, string>> = {
  string: 'text in quotes',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map',
  record: 'a map',
  array: 'a list',
};

function article(expected: string): string {
  return articles[expected] ?? expected;
}

function wrongType(expected: string, value: unknown): string {
  const scalar = typeof value === 'number' || typeof value === 'boolean';
  const hint = expected === 'string' && scalar ? `; write "${value}"` : '';
  return `must be ${article(expected)}, not ${describe(value)}${hint}`;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return value === null ? 'null' : 'a map';
  const shown = JSON.stringify(value) ?? typeof value;
  const short = shown.length > 80 ? `${shown.slice(0, 77)}…` : shown;
  return typeof value === 'string' ? short : `the ${typeof value} ${short}`;
}

/** Follows a path into a value; undefined where it leads nowhere. */
export function valueAt(value: unknown, path: FieldPath): unknown {
  let current = value;
  for (const segment of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, segment)) return undefined;
    current = (current as Record<string | number, unknown>)[segment];
  }
  return current;
}
