import { error, type FieldIssue, issueCodes, type Parsed } from './issues/field-issue.ts';
import { nearest } from './issues/nearest.ts';
import { apiGroup, workspaceApiVersions, workspaceNames } from './names/api-group.ts';
import { parseWorkspace } from './parse/parse-workspace.ts';
import type { Workspace } from './schema/workspace.ts';

/** What a manifest is to us. */
export type Manifest =
  | { readonly kind: 'workspace'; readonly workspace: Parsed<Workspace> }
  /** A kind of our group that this release does not serve, or a version it does not know. */
  | {
      readonly kind: 'notServed';
      readonly apiVersion: string;
      readonly objectKind: string;
      readonly issue: FieldIssue;
    }
  /** An object of another group: not ours to judge. */
  | { readonly kind: 'other'; readonly apiVersion: string; readonly objectKind: string }
  /** No Kubernetes object at all. */
  | { readonly kind: 'malformed'; readonly issue: FieldIssue };

/** Kinds of the group that a later release serves, with the versions that manifests carry. */
const laterKinds = ['InferenceSet', 'MultiRoleInference', 'ModelMirror', 'RAGEngine'] as const;

/** Sorts a manifest by what we can say about it, and reads it when it is a Workspace. */
export function readManifest(value: unknown): Manifest {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return {
      kind: 'malformed',
      issue: error('', issueCodes.wrongType, 'must be a map with apiVersion and kind', value),
    };
  }
  const { apiVersion, kind } = value as { readonly apiVersion?: unknown; readonly kind?: unknown };
  if (typeof apiVersion !== 'string' || apiVersion === '') return malformed('apiVersion', apiVersion);
  if (typeof kind !== 'string' || kind === '') return malformed('kind', kind);
  if (apiVersion !== apiGroup && !apiVersion.startsWith(`${apiGroup}/`)) {
    return { kind: 'other', apiVersion, objectKind: kind };
  }
  if (kind !== workspaceNames.kind) return notServed(apiVersion, kind, kindIssue(kind));
  if (workspaceApiVersions.some((served) => served === apiVersion)) {
    return { kind: 'workspace', workspace: parseWorkspace(value) };
  }
  const message = `is not served; use ${workspaceApiVersions.join(' or ')}`;
  return notServed(apiVersion, kind, error('apiVersion', issueCodes.unsupportedKind, message, apiVersion));
}

function malformed(field: string, value: unknown): Manifest {
  const [code, message] =
    value === undefined || value === ''
      ? ([issueCodes.required, 'is required'] as const)
      : ([issueCodes.wrongType, 'must be text'] as const);
  return { kind: 'malformed', issue: error(field, code, message, value) };
}

function notServed(apiVersion: string, objectKind: string, issue: FieldIssue): Manifest {
  return { kind: 'notServed', apiVersion, objectKind, issue };
}

function kindIssue(kind: string): FieldIssue {
  if (laterKinds.some((later) => later === kind)) {
    const message = `${kind} is not served by this release; it serves ${workspaceNames.kind}`;
    return error('kind', issueCodes.unsupportedKind, message, kind);
  }
  const meant = nearest(kind, [workspaceNames.kind, ...laterKinds]);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  return error('kind', issueCodes.unsupportedKind, `${kind} is no kind of ${apiGroup}${hint}`, kind);
}
