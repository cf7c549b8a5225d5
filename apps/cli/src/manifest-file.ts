import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import {
  dataKeys,
  hasErrors,
  locateIssues,
  parseInferenceConfig,
  parseYamlDocuments,
  readManifest,
  validateWorkspaceCreate,
  YamlSyntaxError,
  type FieldIssue,
  type LocatedDocument,
  type Workspace,
} from '@kaito-ts/api-types';
import { CommandError, exitCodes } from './command-error.ts';

/** One document of a manifest file and what is wrong with it. */
export interface CheckedManifest {
  readonly filename: string;
  readonly kind: string;
  readonly name: string;
  /** False for kinds of other groups, which are passed over. */
  readonly ours: boolean;
  readonly value: unknown;
  /** Absent when it could not be read as a Workspace. */
  readonly workspace?: Workspace;
  readonly issues: readonly FieldIssue[];
}

/** Reads and checks every document of the files and every item of a List; `-` is standard input. Throws CommandError (exit code 2) for bad YAML. */
export async function checkManifests(files: readonly string[]): Promise<readonly CheckedManifest[]> {
  const checked: CheckedManifest[] = [];
  for (const file of files) {
    for (const document of await readDocuments(file)) {
      for (const item of itemsOf(document)) checked.push(checkDocument(file, item));
    }
  }
  return checked;
}

/** `file:line:column: path: message`, the form that editors and terminals make clickable. */
export function describeIssue(filename: string, issue: FieldIssue): string {
  const place = issue.line === undefined ? filename : `${filename}:${issue.line}:${issue.column ?? 1}`;
  const path = issue.path === '' ? '' : `${issue.path}: `;
  return `${place}: ${issue.severity === 'warning' ? 'warning: ' : ''}${path}${issue.message}`;
}

async function readDocuments(file: string): Promise<readonly LocatedDocument[]> {
  const content = await readText(file);
  try {
    return parseYamlDocuments(content, { filename: file });
  } catch (cause) {
    if (!(cause instanceof YamlSyntaxError)) throw cause;
    throw new CommandError({
      code: cause.code,
      message: cause.message,
      next: 'correct the YAML at that place',
      exitCode: exitCodes.badInput,
      cause,
    });
  }
}

async function readText(file: string): Promise<string> {
  if (file === '-') return readAll(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CommandError({
      code: 'FILE_UNREADABLE',
      message: `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      next: 'check the path',
      exitCode: exitCodes.badInput,
      cause,
    });
  }
}

/** A List is its items; everything else is itself. */
function itemsOf(document: LocatedDocument): readonly LocatedDocument[] {
  const { kind, items } = objectOf(document.value) as { kind?: unknown; items?: unknown };
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [document];
  return items.map((value: unknown, index) => itemOf(document, value, index));
}

function itemOf(document: LocatedDocument, value: unknown, index: number): LocatedDocument {
  const positionOf: LocatedDocument['positionOf'] = (path) => document.positionOf(['items', index, ...path]);
  return { ...document, value, positionOf };
}

function checkDocument(filename: string, document: LocatedDocument): CheckedManifest {
  const { value } = document;
  const manifest = readManifest(value);
  const identity = { filename, ...identityOf(value), value };
  if (manifest.kind === 'other')
    return { ...identity, ours: false, issues: locateIssues(configIssues(value), document) };
  if (manifest.kind !== 'workspace')
    return { ...identity, ours: true, issues: locateIssues([manifest.issue], document) };
  const parsed = manifest.workspace;
  if (!parsed.ok) return { ...identity, ours: true, issues: locateIssues(parsed.issues, document) };
  const issues = [...parsed.issues, ...validateWorkspaceCreate(parsed.value)];
  return {
    ...identity,
    ours: true,
    ...(hasErrors(issues) ? {} : { workspace: parsed.value }),
    issues: locateIssues(issues, document),
  };
}

/** Text of the ConfigMap that `inference.config` names, where it is among the documents. */
export function configIn(checked: readonly CheckedManifest[], workspace: Workspace): string | undefined {
  const name = workspace.inference?.config;
  const found = checked.find((own) => own.kind === 'ConfigMap' && own.name === name);
  return found === undefined ? undefined : configText(found.value);
}

function configText(value: unknown): string | undefined {
  const { data } = objectOf(value) as { data?: Readonly<Record<string, unknown>> };
  const text = data?.[dataKeys.inferenceConfig];
  return typeof text === 'string' ? text : undefined;
}

/** What can be said of a ConfigMap without the Workspace that names it. */
function configIssues(value: unknown): readonly FieldIssue[] {
  const { kind } = objectOf(value) as { kind?: unknown };
  const text = kind === 'ConfigMap' ? configText(value) : undefined;
  if (text === undefined) return [];
  return parseInferenceConfig(text).issues.map(inConfigMap);
}

/** Lines within the text are told in the message: the text may stand in the file in more than one form. */
function inConfigMap({ line, path, code, message, severity }: FieldIssue): FieldIssue {
  const where = line === undefined ? '' : `line ${line}: `;
  return {
    code,
    severity,
    path: `data["${dataKeys.inferenceConfig}"]`,
    message: `${where}${path === '' ? '' : `${path}: `}${message}`,
  };
}

function identityOf(value: unknown): { readonly kind: string; readonly name: string } {
  const object = objectOf(value) as { kind?: unknown; metadata?: { name?: unknown } };
  return { kind: textOr(object.kind, 'document'), name: textOr(object.metadata?.name, '(no name)') };
}

function objectOf(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
