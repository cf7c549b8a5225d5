import type { Fields } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { Served } from '../resources/registry.ts';
import { apiVersionOf } from '../resources/resource.ts';

/** How a client wants objects shown: by its Accept header and the version in the path. */
export interface View {
  readonly one: (object: KubeObject) => Fields;
  readonly list: (objects: readonly KubeObject[], resourceVersion: string) => Fields;
  /** As a watch shows it; a table has its columns only in the first event. */
  readonly event: (object: KubeObject, isFirst: boolean) => Fields;
  /** An object that carries nothing but a revision. */
  readonly bookmark: Fields;
}

const metaVersion = 'meta.k8s.io/v1';

export function viewFor(served: Served, accept: string, query: URLSearchParams, now: () => number): View {
  const forms = accept.split(',').filter((form) => form.includes(';v=v1;') || form.endsWith(';v=v1'));
  if (forms.some((form) => form.includes('as=Table'))) return tableView(served, query, now);
  return plainView(served);
}

function plainView({ resource, version }: Served): View {
  const apiVersion = apiVersionOf(resource, version.name);
  const whole = (object: KubeObject): KubeObject =>
    object.apiVersion === apiVersion ? object : { ...object, apiVersion };
  return {
    one: whole,
    list: (objects, resourceVersion) => ({
      kind: resource.listKind,
      apiVersion,
      metadata: { resourceVersion },
      items: objects.map(resource.isCustom ? whole : untyped),
    }),
    event: whole,
    bookmark: { kind: resource.kind, apiVersion },
  };
}

function untyped({ kind: _kind, apiVersion: _version, ...rest }: KubeObject): Fields {
  return rest;
}

function partial({ metadata }: KubeObject): Fields {
  return { kind: 'PartialObjectMetadata', apiVersion: metaVersion, metadata };
}

/** The server's own view of objects, as kubectl prints it. */
function tableView(served: Served, query: URLSearchParams, now: () => number): View {
  const { columns } = served.version;
  const { one: whole } = plainView(served);
  const include = query.get('includeObject') ?? 'Metadata';
  const head = columns.map(({ cell: _cell, ...column }) => column);
  const rowOf = (object: KubeObject): Fields => ({
    cells: columns.map(({ cell }) => cell(object, now())),
    ...(include === 'None' ? {} : { object: include === 'Object' ? whole(object) : partial(object) }),
  });
  const table = (objects: readonly KubeObject[], resourceVersion: string, withHead = true): Fields => ({
    kind: 'Table',
    apiVersion: metaVersion,
    metadata: { resourceVersion },
    columnDefinitions: withHead ? head : null,
    rows: objects.map(rowOf),
  });
  return {
    one: (object) => table([object], object.metadata.resourceVersion),
    list: table,
    event: (object, isFirst) => table([object], object.metadata.resourceVersion, isFirst),
    bookmark: table([], ''),
  };
}
