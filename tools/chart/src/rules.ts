import type { ManifestObject } from './chart.ts';

/** What a role lets its holder do. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** Of every role among the objects. */
export function rulesOf(objects: readonly ManifestObject[]): readonly Rule[] {
  return objects
    .filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role')
    .flatMap((role) => role['rules'] as readonly Rule[]);
}

/** Such as `patch deployments.apps` or `patch workspaces/status.kaito.sh`; each once. */
export function permissionsIn(rules: readonly Rule[]): ReadonlySet<string> {
  const permissions = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${permissionTarget(group, resource)}`)),
    ),
  );
  return new Set(permissions);
}

export function permissionTarget(apiGroup: string, resource: string): string {
  return apiGroup === '' ? resource : `${resource}.${apiGroup}`;
}
