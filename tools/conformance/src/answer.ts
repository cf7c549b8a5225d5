import {
  type FieldIssue,
  hasErrors,
  locateIssues,
  type LocatedDocument,
  type Parsed,
  parseYamlDocuments,
  readManifest,
  validateWorkspaceCreate,
  type Workspace,
} from '@kaito-ts/api-types';
import type { UpstreamFile } from './upstream-manifests.ts';

/** What we say to one document of a file. */
export interface Answer {
  readonly outcome: 'accepted' | 'refused' | 'notServed' | 'other';
  readonly kind: string;
  /** `code path` of every error and warning, in order of their lines. */
  readonly issues: readonly string[];
}

/** Reads a file and answers to each of its documents. */
export function answersTo(file: UpstreamFile): readonly Answer[] {
  return parseYamlDocuments(file.text, { filename: `${file.release}/${file.name}` }).map(answerTo);
}

function answerTo(document: LocatedDocument): Answer {
  const manifest = readManifest(document.value);
  if (manifest.kind === 'workspace') return workspaceAnswer(manifest.workspace, document);
  if (manifest.kind === 'malformed') return { outcome: 'refused', kind: '', issues: [short(manifest.issue)] };
  const issues = manifest.kind === 'notServed' ? [short(manifest.issue)] : [];
  return { outcome: manifest.kind, kind: manifest.objectKind, issues };
}

function workspaceAnswer(workspace: Parsed<Workspace>, document: LocatedDocument): Answer {
  const found = workspace.ok ? validateWorkspaceCreate(workspace.value) : workspace.issues;
  const outcome = hasErrors(found) ? 'refused' : 'accepted';
  return { outcome, kind: 'Workspace', issues: inOrder(found, document) };
}

function inOrder(issues: readonly FieldIssue[], document: LocatedDocument): readonly string[] {
  return locateIssues(issues, document)
    .toSorted((left, right) => (left.line ?? 0) - (right.line ?? 0))
    .map(short);
}

function short({ code, path }: FieldIssue): string {
  return `${code} ${path}`;
}
