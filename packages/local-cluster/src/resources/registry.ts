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

  byKey(key: string): Resource | undefined {
    return this.#byKey.get(key);
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
    return [...byVersion.values()]
      .map((served) => ({
        group: served[0]?.resource.group ?? '',
        version: served[0]?.version.name ?? '',
        served,
      }))
      .toSorted((a, b) => (rank(a.version) < rank(b.version) ? 1 : -1));
  }
}

function rank(version: string): string {
  const [, major = '0', stage = 'stable', minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  return [stage, major.padStart(4, '0'), minor.padStart(4, '0')].join();
}
