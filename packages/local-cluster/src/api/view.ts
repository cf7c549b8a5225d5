import type { Fields } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { Served } from '../resources/resource.ts';

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
  const isTable = accept.split(',').some((form) => form.includes('as=Table') && /;v=v1(;|$)/.test(form));
  return isTable ? tableView(served, query, now) : plainView(served);
}

function plainView({ apiVersion, kind, listKind, isCustom }: Served): View {
  const whole = (object: KubeObject): KubeObject => ({ ...object, apiVersion });
  const item = (object: KubeObject): Fields => {
    const { kind: _kind, apiVersion: _version, ...untyped } = object;
    return isCustom ? whole(object) : untyped;
  };
  return {
    one: whole,
    list: (objects, resourceVersion) => ({
      kind: listKind,
      apiVersion,
      metadata: { resourceVersion },
      items: objects.map(item),
    }),
    event: whole,
    bookmark: { kind, apiVersion },
  };
}

/** The server's own view of objects, as kubectl prints it. */
function tableView(served: Served, query: URLSearchParams, now: () => number): View {
  const { columns } = served;
  const { one: whole } = plainView(served);
  const head = columns.map(({ cell: _cell, ...column }) => column);
  const rowOf = (object: KubeObject): Fields => {
    const partial = { kind: 'PartialObjectMetadata', apiVersion: metaVersion, metadata: object.metadata };
    const shown = query.get('includeObject') === 'Object' ? whole(object) : partial;
    return { cells: columns.map(({ cell }) => cell(object, now())), object: shown };
  };
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
