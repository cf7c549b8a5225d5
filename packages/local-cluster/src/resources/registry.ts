import { unknownPath } from '../status.ts';
import { apiVersionOf, resourceKey, type Resource, type ServedVersion } from './resource.ts';

export interface Served {
  readonly resource: Resource;
  readonly version: ServedVersion;
}

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
  readonly served: readonly Served[];
}

/** The subresources of a resource. */
export function subresourcesOf({ resource, version }: Served): readonly string[] {
  const isPod = resource.kind === 'Pod' && !resource.isCustom;
  const found = { status: version.hasStatus, scale: version.scale !== undefined, log: isPod };
  return Object.entries(found).flatMap(([name, isServed]) => (isServed ? [name] : []));
}

/** All resources that are served now: built-in ones, and those of established definitions. */
export class Registry {
  readonly #byKey = new Map<string, Resource>();
  /** Changes whenever the set of resources does. */
  generation = 0;

  constructor(builtIn: readonly Resource[]) {
    for (const resource of builtIn) this.put(resource);
  }

  all(): readonly Resource[] {
    return [...this.#byKey.values()];
  }

  put(resource: Resource): void {
    this.#byKey.set(resourceKey(resource), resource);
    this.generation++;
  }

  remove(key: string): void {
    this.#byKey.delete(key);
    this.generation++;
  }

  /** A resource as it is stored. */
  stored(key: string): Served {
    const resource = this.#byKey.get(key);
    const version = resource?.versions.find(({ name }) => name === resource.storageVersion);
    if (!resource || !version) throw unknownPath();
    return { resource, version };
  }

  find(group: string, version: string, plural: string): Served | undefined {
    const resource = this.#byKey.get(resourceKey({ group, plural }));
    const served = resource?.versions.find(({ name }) => name === version);
    return resource && served ? { resource, version: served } : undefined;
  }

  /** Group versions with what they serve, in the order clients should prefer: v2, v1, v1beta1, v1alpha1. */
  groupVersions(): readonly GroupVersion[] {
    const all = this.all().flatMap((resource) => resource.versions.map((version) => ({ resource, version })));
    const byVersion = Map.groupBy(all, ({ resource, version }) => apiVersionOf(resource, version.name));
    const found = [...byVersion.values()].flatMap((served) => {
      const [first] = served;
      return first ? [{ group: first.resource.group, version: first.version.name, served }] : [];
    });
    return found.toSorted((a, b) => (rank(a.version) < rank(b.version) ? 1 : -1));
  }
}

function rank(version: string): string {
  const [, major = '0', stage = 'stable', minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  return [stage, major.padStart(4, '0'), minor.padStart(4, '0')].join();
}
