/** What is wrong with one field; codes are stable, messages are for people. */
export interface FieldIssue {
  /** For example `inference.adapters[0].strength`; empty for the whole document. */
  readonly path: string;
  readonly code: IssueCode;
  readonly message: string;
  readonly severity: 'error' | 'warning';
  readonly value?: unknown;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
}

/** Stable codes of field issues. */
export const issueCodes = {
  required: 'REQUIRED',
  unknownField: 'UNKNOWN_FIELD',
  wrongType: 'WRONG_TYPE',
  invalidValue: 'INVALID_VALUE',
  outOfRange: 'OUT_OF_RANGE',
  tooLong: 'TOO_LONG',
  tooMany: 'TOO_MANY',
  duplicate: 'DUPLICATE',
  /** None or several of fields of which exactly one must be set. */
  exactlyOne: 'EXACTLY_ONE',
  /** A field that must not be set beside another. */
  notAllowed: 'NOT_ALLOWED',
  immutable: 'IMMUTABLE',
  placeholder: 'PLACEHOLDER',
  reservedKey: 'RESERVED_KEY',
  /** The selector contradicts itself. */
  selectsNothing: 'SELECTS_NOTHING',
  /** The field does nothing in this release. */
  noEffect: 'NO_EFFECT',
  /** The value does nothing, but one that looks like it would. */
  nearMiss: 'NEAR_MISS',
  /** YAML 1.1 and 1.2 read this text differently. */
  ambiguous: 'AMBIGUOUS',
  /** The address would reach inside the cluster or the machine. */
  forbiddenAddress: 'FORBIDDEN_ADDRESS',
  unsupportedKind: 'UNSUPPORTED_KIND',
  yamlSyntax: 'YAML_SYNTAX',
} as const;

export type IssueCode = (typeof issueCodes)[keyof typeof issueCodes];

/** Result of reading something written by people. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly issues: readonly FieldIssue[] }
  | { readonly ok: false; readonly issues: readonly FieldIssue[] };

export function error(path: string, code: IssueCode, message: string, value?: unknown): FieldIssue {
  return { path, code, message, severity: 'error', ...(value === undefined ? {} : { value }) };
}

export function warning(path: string, code: IssueCode, message: string, value?: unknown): FieldIssue {
  return { path, code, message, severity: 'warning', ...(value === undefined ? {} : { value }) };
}

/** True when something among the issues is an error. */
export function hasErrors(issues: readonly FieldIssue[]): boolean {
  return issues.some((issue) => issue.severity === 'error');
}
