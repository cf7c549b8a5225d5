import type { KubeObject } from '../objects.ts';
import type { Schema } from '../schema/schema.ts';
import type { Cause } from '../status.ts';

export type Cell = (object: KubeObject, now: number) => unknown;

/** One column of the server's Table output. */
export interface Column {
  readonly name: string;
  readonly type: string;
  /** kubectl writes the kind before a name where several kinds are shown. */
  readonly format?: 'name';
  /** Above 0: only with `-o wide`. */
  readonly priority: number;
  readonly cell: Cell;
}

export interface ScalePaths {
  readonly specReplicas: readonly string[];
  readonly statusReplicas: readonly string[];
  readonly selector: (object: KubeObject) => string;
}

/** One kind of object in one version, and all that the API needs to know about it. */
export interface Served {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  /** The resource's name in the store, which all its versions share: plural and group. */
  readonly key: string;
  readonly apiVersion: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly schema: Schema;
  readonly columns: readonly Column[];
  readonly isCustom: boolean;
  /** Objects are stored in this one of the resource's versions. */
  readonly isStored: boolean;
  readonly hasStatus: boolean;
  readonly hasGeneration?: boolean;
  /** Status given at creation is kept (nodes bring theirs). */
  readonly keepsStatus?: boolean;
  readonly scale?: ScalePaths | undefined;
  readonly subresources: readonly string[];
  /** Fields that a field selector may name, besides metadata.name and metadata.namespace. */
  readonly selectableFields?: readonly string[];
  /** Completes an object before it is checked; may change it in place. */
  readonly prepare?: ((object: KubeObject, previous: KubeObject | undefined) => void) | undefined;
  readonly check?: (object: KubeObject, previous: KubeObject | undefined) => readonly Cause[];
}

/** Adds what follows from the rest. */
export function served(of: Omit<Served, 'key' | 'apiVersion' | 'subresources'>): Served {
  const { group, plural, version } = of;
  const isPod = of.kind === 'Pod' && !of.isCustom;
  const found = { status: of.hasStatus, scale: of.scale !== undefined, log: isPod };
  return {
    ...of,
    key: group ? `${plural}.${group}` : plural,
    apiVersion: group ? `${group}/${version}` : version,
    subresources: Object.entries(found).flatMap(([name, isServed]) => (isServed ? [name] : [])),
  };
}
