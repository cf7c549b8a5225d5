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

export interface Version {
  readonly version: string;
  readonly schema: Schema;
  readonly columns: readonly Column[];
  readonly hasStatus: boolean;
  readonly scale: ScalePaths | undefined;
}

/** Everything the API needs to know about one kind of object, in all its versions. */
export interface Resource {
  readonly group: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly versions: readonly Version[];
  readonly storageVersion: string;
  readonly isCustom: boolean;
  readonly hasGeneration: boolean;
  /** Fields that a field selector may name, besides metadata.name and metadata.namespace. */
  readonly selectableFields: readonly string[];
  /** Status given at creation is kept (nodes bring theirs). */
  readonly keepsStatus: boolean;
  /** Completes an object before it is checked; may change it in place. */
  readonly prepare?: (object: KubeObject, previous: KubeObject | undefined) => void;
  readonly check?: (object: KubeObject, previous: KubeObject | undefined) => readonly Cause[];
}

/** One version of a resource, as requests name it. */
export interface Served extends Omit<Resource, 'versions'>, Version {
  /** The resource's name in the store: plural and group. */
  readonly key: string;
  readonly apiVersion: string;
  readonly subresources: readonly string[];
}

/** The versions of a resource that are served. */
export function servedBy({ versions, ...resource }: Resource): readonly Served[] {
  const { group, plural, kind, isCustom } = resource;
  const key = group ? `${plural}.${group}` : plural;
  return versions.map((version) => {
    const apiVersion = group ? `${group}/${version.version}` : version.version;
    const isPod = kind === 'Pod' && !isCustom;
    const found = { status: version.hasStatus, scale: version.scale !== undefined, log: isPod };
    const subresources = Object.entries(found).flatMap(([name, isServed]) => (isServed ? [name] : []));
    return { ...resource, ...version, key, apiVersion, subresources };
  });
}
