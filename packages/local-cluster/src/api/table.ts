import type { Fields } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { Served } from '../resources/registry.ts';

export type Include = 'Metadata' | 'Object' | 'None';

interface TableOptions {
  readonly served: Served;
  readonly include: Include;
  readonly now: number;
  readonly resourceVersion: string;
  /** Watch events after the first one leave the columns out. */
  readonly withColumns?: boolean;
}

/** The server's own view of objects, as kubectl prints it. */
export function tableOf(objects: readonly KubeObject[], options: TableOptions): Fields {
  const { columns } = options.served.version;
  const columnDefinitions = columns.map(({ name, type, format = '', description = '', priority }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
  const rows = objects.map((object) => ({
    cells: columns.map((column) => column.cell(object, options.now)),
    ...rowObject(object, options.include),
  }));
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: options.resourceVersion },
    columnDefinitions: options.withColumns === false ? null : columnDefinitions,
    rows,
  };
}

function rowObject(object: KubeObject, include: Include): Fields {
  if (include === 'None') return {};
  return { object: include === 'Object' ? object : partial(object) };
}

export function partial(object: KubeObject): Fields {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
