import { createHash } from 'node:crypto';
import { definitions } from '../generated/schemas.ts';
import { isFields, type Fields } from '../json.ts';
import type { Registry } from '../resources/registry.ts';
import type { Resource, ServedVersion } from '../resources/resource.ts';
import type { Schema } from '../schema/schema.ts';

/** The index of OpenAPI v3 documents, one per group version. */
export function openApiIndex(registry: Registry): Fields {
  const paths = registry.groupVersions().map(({ group, version }) => {
    const path = group ? `apis/${group}/${version}` : `api/${version}`;
    const hash = createHash('sha256')
      .update(`${path} ${registry.generation}`)
      .digest('hex')
      .slice(0, 32)
      .toUpperCase();
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }];
  });
  return { paths: Object.fromEntries(paths) };
}

/** What kubectl reads of a group version: schemas to explain, and that patches take `fieldValidation`. */
export function openApiDocument(registry: Registry, path: string): Fields | undefined {
  const parts = path.split('/');
  const [group, version] = parts[0] === 'api' ? ['', parts[1]] : [parts[1], parts[2]];
  const schemas = new Map<string, unknown>();
  const paths: Fields = {};
  for (const resource of registry.all()) {
    const served = resource.versions.find(({ name }) => name === version);
    if (resource.group !== group || !served) continue;
    const name = componentName(resource, served);
    const kind = [{ group, kind: resource.kind, version }];
    if (served.schema.$ref) component(served.schema.$ref, schemas);
    else
      schemas.set(name, {
        ...(expand(served.schema, schemas) as Fields),
        'x-kubernetes-group-version-kind': kind,
      });
    Object.assign(paths, resourcePaths(resource, served, name));
  }
  if (schemas.size === 0) return undefined;
  return {
    openapi: '3.0.0',
    info: { title: 'local-cluster', version: 'development' },
    paths,
    components: { schemas: Object.fromEntries(schemas) },
  };
}

function componentName({ group, kind }: Resource, { name, schema }: ServedVersion): string {
  return schema.$ref ?? `${group.split('.').toReversed().join('.')}.${name}.${kind}`;
}

function component(name: string, into: Map<string, unknown>): void {
  if (into.has(name)) return;
  into.set(name, {});
  into.set(name, expand(definitions[name] ?? {}, into));
}

function expand(value: unknown, into: Map<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((item) => expand(item, into));
  if (!isFields(value)) return value;
  const { $ref, ...beside } = value as Schema;
  if (typeof $ref === 'string') {
    component($ref, into);
    return { ...beside, allOf: [{ $ref: `#/components/schemas/${$ref}` }] };
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, expand(inner, into)]));
}

function resourcePaths(resource: Resource, version: ServedVersion, name: string): Fields {
  const root = resource.group ? `/apis/${resource.group}/${version.name}` : `/api/${version.name}`;
  const collection = `${root}${resource.namespaced ? '/namespaces/{namespace}' : ''}/${resource.plural}`;
  const kind = { group: resource.group, version: version.name, kind: resource.kind };
  const text = { type: 'string', uniqueItems: true };
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((parameter) => ({
    name: parameter,
    in: 'query',
    schema: text,
  }));
  const content = { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } };
  const operation = (action: string): Fields => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': kind,
    parameters,
    responses: { 200: { description: 'OK', content } },
  });
  return {
    [collection]: { get: operation('list'), post: operation('post') },
    [`${collection}/{name}`]: {
      get: operation('get'),
      put: operation('put'),
      patch: operation('patch'),
      delete: operation('delete'),
    },
  };
}
