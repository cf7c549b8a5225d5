import type { ModelRecord } from '../model/model-record.ts';
import { missingFacts } from '../model/missing-facts.ts';
import { parseLocatedYaml, YamlSyntaxError, type LocatedYaml, type Path } from './located-yaml.ts';
import { modelRecordSchema } from './model-record-schema.ts';

/** What is wrong in a record file, and where. */
export interface RecordIssue {
  readonly filename: string;
  /** Such as `facts.config.hidden_size`; empty for the file as a whole. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly severity: 'error' | 'warning';
  /** From 1. */
  readonly line?: number;
  readonly column?: number;
}

export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value; readonly issues: readonly RecordIssue[] }
  | { readonly ok: false; readonly issues: readonly RecordIssue[] };

/** Reads one YAML (or JSON) record; facts that are missing are warnings, everything else wrong is an error. */
export function parseModelRecord(text: string, filename: string): Parsed<ModelRecord> {
  let yaml: LocatedYaml;
  try {
    yaml = parseLocatedYaml(text, filename);
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    const { code, message, position } = error;
    return { ok: false, issues: [{ filename, path: '', code, message, severity: 'error', ...position }] };
  }
  const issueAt = (path: Path, issue: Pick<RecordIssue, 'code' | 'message' | 'severity'>): RecordIssue => ({
    filename,
    path: pathText(path),
    ...issue,
    ...yaml.positionOf(path),
  });
  const parsed = modelRecordSchema.safeParse(yaml.value);
  if (!parsed.success) {
    const issues = parsed.error.issues.flatMap((issue) => {
      const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
      if (issue.code !== 'unrecognized_keys') {
        return [issueAt(path, { code: codeOf(issue.code), message: issue.message, severity: 'error' })];
      }
      return issue.keys.map((key) =>
        issueAt([...path, key], {
          code: 'UNKNOWN_FIELD',
          message: `unknown field "${key}"`,
          severity: 'error',
        }),
      );
    });
    return { ok: false, issues };
  }
  const missing = missingFacts(parsed.data).map((fact) =>
    issueAt(['facts'], {
      code: 'FACT_MISSING',
      message: `${fact} is unknown, so memory cannot be planned exactly`,
      severity: 'warning',
    }),
  );
  return { ok: true, value: parsed.data, issues: missing };
}

function codeOf(zodCode: string): string {
  return zodCode === 'invalid_type' ? 'INVALID_TYPE' : 'INVALID_VALUE';
}

function pathText(path: Path): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
}
