import type { Fields } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { Served } from '../resources/registry.ts';
import { apiVersionOf } from '../resources/resource.ts';
import { partial, tableOf, type Include } from './table.ts';

/** How a client wants objects shown: by its Accept header and the version in the path. */
export interface View {
  readonly one: (object: KubeObject) => Fields;
  readonly list: (objects: readonly KubeObject[], resourceVersion: string) => Fields;
  readonly event: (object: KubeObject, isFirst: boolean) => Fields;
  /** True when an event looks the same for every watcher of this version. */
  readonly isPlain: boolean;
}

export function viewFor(served: Served, accept: string, query: URLSearchParams, now: () => number): View {
  const { resource, version } = served;
  const apiVersion = apiVersionOf(resource, version.name);
  const whole = (object: KubeObject): KubeObject =>
    object.apiVersion === apiVersion ? object : { ...object, apiVersion };
  const wanted = accept
    .split(',')
    .find(
      (type) =>
        (/as=(Table|PartialObjectMetadata)/.test(type) && type.includes('v=v1;')) ||
        /as=(Table|PartialObjectMetadata).*v=v1(;|$)/.test(type),
    );
  if (wanted?.includes('as=Table')) {
    const include = (query.get('includeObject') ?? 'Metadata') as Include;
    const table = (objects: readonly KubeObject[], resourceVersion: string, withColumns = true): Fields =>
      tableOf(objects.map(whole), { served, include, now: now(), resourceVersion, withColumns });
    return {
      one: (object) => table([object], object.metadata.resourceVersion),
      list: table,
      event: (object, isFirst) => table([object], object.metadata.resourceVersion, isFirst),
      isPlain: false,
    };
  }
  if (wanted) {
    return { one: partial, list: partialList, event: partial, isPlain: false };
  }
  const list = (objects: readonly KubeObject[], resourceVersion: string): Fields => ({
    kind: resource.listKind,
    apiVersion,
    metadata: { resourceVersion },
    items: resource.isCustom
      ? objects.map(whole)
      : objects.map(({ kind: _kind, apiVersion: _version, ...item }) => item),
  });
  return { one: whole, list, event: whole, isPlain: true };
}

function partialList(objects: readonly KubeObject[], resourceVersion: string): Fields {
  const kind = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' };
  return { ...kind, metadata: { resourceVersion }, items: objects.map(partial) };
}
