import type { Fields } from '../json.ts';
import type { Registry } from '../resources/registry.ts';
import type { Resource, ServedVersion } from '../resources/resource.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

interface Subresource {
  readonly name: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly verbs: readonly string[];
}

function subresources(
  { kind, group }: Resource,
  { name, hasStatus, scale }: ServedVersion,
): readonly Subresource[] {
  const rw = ['get', 'patch', 'update'];
  const own = { group, version: name, kind };
  return [
    ...(hasStatus ? [{ name: 'status', kind: own, verbs: rw }] : []),
    ...(scale ? [{ name: 'scale', kind: scaleKind, verbs: rw }] : []),
    ...(kind === 'Pod' && group === '' ? [{ name: 'log', kind: own, verbs: ['get'] }] : []),
  ];
}

interface GroupVersion {
  readonly version: string;
  readonly apiVersion: string;
  readonly resources: readonly { readonly resource: Resource; readonly version: ServedVersion }[];
}

function groups(registry: Registry): ReadonlyMap<string, readonly GroupVersion[]> {
  const byGroup = new Map<string, GroupVersion[]>();
  for (const { group, version, apiVersion } of registry.groupVersions()) {
    const resources = registry.all().flatMap((resource) => {
      const served =
        resource.group === group ? resource.versions.find(({ name }) => name === version) : undefined;
      return served ? [{ resource, version: served }] : [];
    });
    byGroup.set(group, [...(byGroup.get(group) ?? []), { version, apiVersion, resources }]);
  }
  return byGroup;
}

function apiGroup(name: string, versions: readonly GroupVersion[]): Fields {
  const listed = versions.map(({ apiVersion, version }) => ({ groupVersion: apiVersion, version }));
  return { name, versions: listed, preferredVersion: listed[0] };
}

/** Aggregated discovery (v2) of `/api` or `/apis`: everything in one answer. */
export function aggregatedDiscovery(registry: Registry, isCore: boolean): Fields {
  const items = [...groups(registry)]
    .filter(([group]) => (group === '') === isCore)
    .map(([group, versions]) => ({
      metadata: group ? { name: group } : {},
      versions: versions.map(({ version, resources }) => ({
        version,
        freshness: 'Current',
        resources: resources.map(aggregatedResource),
      })),
    }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

function aggregatedResource({ resource, version }: GroupVersion['resources'][number]): Fields {
  const below = subresources(resource, version).map((sub) => ({
    subresource: sub.name,
    responseKind: sub.kind,
    verbs: sub.verbs,
  }));
  return {
    resource: resource.plural,
    responseKind: { group: resource.group, version: version.name, kind: resource.kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs,
    ...names(resource),
    ...(below.length > 0 ? { subresources: below } : {}),
  };
}

function names({ shortNames, categories }: Resource): Fields {
  return {
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
  };
}

/** The older discovery documents; undefined when there is none at this path. */
export function discoveryDocument(registry: Registry, path: string, address: string): Fields | undefined {
  const all = groups(registry);
  if (path === '/api') {
    const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: address }];
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs };
  }
  if (path === '/apis') {
    const listed = [...all]
      .filter(([name]) => name !== '')
      .map(([name, versions]) => apiGroup(name, versions));
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: listed };
  }
  const [, root, first = '', second = ''] = path.split('/');
  const [group, version] = root === 'api' ? ['', first] : [first, second];
  const versions = all.get(group) ?? [];
  if (root === 'apis' && !second)
    return versions.length > 0
      ? { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(group, versions) }
      : undefined;
  const found = versions.find((candidate) => candidate.version === version);
  if (!found) return undefined;
  const resources = found.resources.flatMap(({ resource, version: served }) => {
    const { plural, singular, namespaced, kind } = resource;
    const main = { name: plural, singularName: singular, namespaced, kind, verbs, ...names(resource) };
    return [main, ...subresources(resource, served).map((sub) => subresourceEntry(resource, sub))];
  });
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: found.apiVersion, resources };
}

function subresourceEntry({ plural, namespaced }: Resource, sub: Subresource): Fields {
  const foreign = sub.kind === scaleKind ? { group: 'autoscaling', version: 'v1' } : {};
  return {
    name: `${plural}/${sub.name}`,
    singularName: '',
    namespaced,
    ...foreign,
    kind: sub.kind.kind,
    verbs: sub.verbs,
  };
}
