import { error, type FieldIssue, issueCodes } from '../issues/field-issue.ts';
import { nearest } from '../issues/nearest.ts';
import { type LocatedDocument, parseYamlDocuments } from '../yaml/located-document.ts';
import { YamlSyntaxError } from '../yaml/yaml-syntax-error.ts';

export type ConfigMapping = Readonly<Record<string, unknown>>;

/** Text of one file, read as far as every config of ours goes: at most one document, and that a map. */
export type ReadConfig =
  | { readonly ok: true; readonly mapping: ConfigMapping; readonly document: LocatedDocument | undefined }
  | { readonly ok: false; readonly issues: readonly FieldIssue[] };

export function readConfig(text: string): ReadConfig {
  let documents: readonly LocatedDocument[];
  try {
    documents = parseYamlDocuments(text);
  } catch (cause) {
    if (!(cause instanceof YamlSyntaxError)) throw cause;
    const { line, column, reason } = cause;
    return { ok: false, issues: [{ ...error('', issueCodes.yamlSyntax, reason), line, column }] };
  }
  const [document, second] = documents;
  if (second) return failed(second, 'must hold one YAML document, not several');
  if (!document) return { ok: true, mapping: {}, document };
  if (!isMapping(document.value)) return failed(document, 'must be a map of sections');
  return { ok: true, mapping: document.value, document };
}

function failed(document: LocatedDocument, message: string): ReadConfig {
  return { ok: false, issues: [{ ...error('', issueCodes.wrongType, message), ...document.positionOf([]) }] };
}

export function isMapping(value: unknown): value is ConfigMapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Says that a section is unknown, and which one was probably meant. */
export function unknownSection(path: string, name: string, known: readonly string[]): FieldIssue {
  const meant = nearest(name, known);
  const hint =
    meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${JSON.stringify(meant)}?`;
  return error(path, issueCodes.unknownField, `Unrecognized section; ${hint}`);
}

/** Takes one file out of a ConfigMap's data. */
export function readDataKey(
  data: Readonly<Record<string, string>> | undefined,
  key: string,
):
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly issues: readonly FieldIssue[] } {
  const text = data?.[key];
  if (text !== undefined) return { ok: true, text };
  const present = Object.keys(data ?? {});
  const found =
    present.length === 0 ? 'the ConfigMap has no data' : `the ConfigMap holds ${present.join(', ')}`;
  return {
    ok: false,
    issues: [error(`data[${JSON.stringify(key)}]`, issueCodes.required, `is missing: ${found}`)],
  };
}
