import type { Fields } from '../json.ts';
import type { Registry } from '../resources/registry.ts';
import type { Served } from '../resources/resource.ts';
import { ApiError } from '../status.ts';

const form = 'g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
export const discoveryType: string = `application/json;${form}`;

/** What is served under `/api` or `/apis`, all in one answer (aggregated discovery, v2). */
export function discovery(registry: Registry, root: 'api' | 'apis', accept: string): Fields {
  if (!accept.replaceAll(' ', '').includes(form)) {
    const message = `local-cluster has aggregated discovery only: ask for ${discoveryType}`;
    throw new ApiError(406, 'NotAcceptable', message);
  }
  const byGroup = Map.groupBy(registry.groupVersions(), ({ group }) => group);
  const items = [...byGroup]
    .filter(([group]) => (group === '') === (root === 'api'))
    .map(([name, versions]) => ({
      metadata: { name },
      versions: versions.map(({ version, served }) => ({ version, resources: served.map(resourceEntry) })),
    }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

function resourceEntry({ group, version, kind, ...served }: Served): Fields {
  const responseKind = { group, version, kind };
  const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  const verbs = ['get', 'patch', 'update'];
  return {
    resource: served.plural,
    responseKind,
    scope: served.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: served.singular,
    verbs: ['create', 'delete', 'list', 'watch', ...verbs],
    shortNames: served.shortNames,
    categories: served.categories,
    subresources: served.subresources.map((subresource) => ({
      subresource,
      responseKind: subresource === 'scale' ? scaleKind : responseKind,
      verbs: subresource === 'log' ? ['get'] : verbs,
    })),
  };
}
