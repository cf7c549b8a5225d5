import type { Fields } from '../json.ts';
import type { GroupVersion, Registry } from '../resources/registry.ts';
import { unknownPath } from '../status.ts';

function pathOf({ group, version }: GroupVersion): string {
  return group ? `apis/${group}/${version}` : `api/${version}`;
}

/** The index of OpenAPI v3 documents, one per group version. */
export function openApiIndex(registry: Registry): Fields {
  const paths = registry.groupVersions().map((groupVersion) => {
    const path = pathOf(groupVersion);
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${registry.generation}` }];
  });
  return { paths: Object.fromEntries(paths) };
}

const parameters = [{ name: 'fieldValidation', in: 'query', schema: { type: 'string' } }];

/** All that kubectl must read of a group version: that its kinds' patches take `fieldValidation`. No schemas. */
export function openApiDocument(registry: Registry, path: string): Fields {
  const found = registry.groupVersions().find((groupVersion) => pathOf(groupVersion) === path);
  if (!found) throw unknownPath();
  const paths = found.served.map(({ group, version, kind, plural, namespaced }) => {
    const patch = {
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': { group, version, kind },
      parameters,
    };
    return [`/${path}${namespaced ? '/namespaces/{namespace}' : ''}/${plural}/{name}`, { patch }];
  });
  const info = { title: 'local-cluster', version: 'development' };
  return { openapi: '3.0.0', info, paths: Object.fromEntries(paths), components: { schemas: {} } };
}
