import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import {
  hasErrors,
  locateIssues,
  parseWorkspace,
  parseYamlDocuments,
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
  /** Absent when it could not be read as a Workspace. */
  readonly workspace?: Workspace;
  readonly issues: readonly FieldIssue[];
}

/** Reads and checks every document of the files; `-` is standard input. Throws CommandError (exit code 2) for bad YAML. */
export async function checkManifests(files: readonly string[]): Promise<readonly CheckedManifest[]> {
  const checked: CheckedManifest[] = [];
  for (const file of files) {
    for (const document of await readDocuments(file)) checked.push(checkDocument(file, document));
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

function checkDocument(filename: string, document: LocatedDocument): CheckedManifest {
  const { kind, name } = identityOf(document.value);
  const parsed = parseWorkspace(document.value);
  if (!parsed.ok) return { filename, kind, name, issues: locateIssues(parsed.issues, document) };
  const issues = [...parsed.issues, ...validateWorkspaceCreate(parsed.value)];
  return {
    filename,
    kind,
    name,
    ...(hasErrors(issues) ? {} : { workspace: parsed.value }),
    issues: locateIssues(issues, document),
  };
}

function identityOf(value: unknown): { readonly kind: string; readonly name: string } {
  const object = (typeof value === 'object' && value !== null ? value : {}) as {
    kind?: unknown;
    metadata?: { name?: unknown };
  };
  return { kind: textOr(object.kind, 'document'), name: textOr(object.metadata?.name, '(no name)') };
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
