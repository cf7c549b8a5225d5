/** API group of every kind that this project serves. */
export const apiGroup = 'kaito.sh';

/** Versions of Workspace; both share one schema and differ in their columns only. */
export const workspaceVersions = { storage: 'v1beta1', legacy: 'v1alpha1' } as const;

export type WorkspaceVersion = (typeof workspaceVersions)[keyof typeof workspaceVersions];

/** Names under which Workspaces are known to Kubernetes. */
export const workspaceNames = {
  kind: 'Workspace',
  listKind: 'WorkspaceList',
  plural: 'workspaces',
  singular: 'workspace',
  shortNames: ['wk', 'wks'],
  categories: ['workspace'],
} as const;

/** `apiVersion` values that a Workspace manifest may carry. */
export const workspaceApiVersions = [
  `${apiGroup}/${workspaceVersions.storage}`,
  `${apiGroup}/${workspaceVersions.legacy}`,
] as const;
