import { apiVersionOf, resourceKey, type Resource, type ServedVersion } from './resource.ts';

export interface Served {
  readonly resource: Resource;
  readonly version: ServedVersion;
}

/** All resources that are served now: built-in ones, and those of established definitions. */
export class Registry {
  readonly #byKey = new Map<string, Resource>();
  /** Changes whenever the set of resources does. */
  generation = 0;

  constructor(builtIn: readonly Resource[]) {
    for (const resource of builtIn) this.#byKey.set(resourceKey(resource), resource);
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

  /** Group versions in the order clients should prefer. */
  groupVersions(): readonly {
    readonly group: string;
    readonly version: string;
    readonly apiVersion: string;
  }[] {
    const seen = new Map<string, { group: string; version: string; apiVersion: string }>();
    for (const { group, versions } of this.#byKey.values())
      for (const { name } of versions) {
        const apiVersion = apiVersionOf({ group }, name);
        seen.set(apiVersion, { group, version: name, apiVersion });
      }
    return [...seen.values()].sort((a, b) =>
      a.group === b.group ? byPriority(a.version, b.version) : a.group < b.group ? -1 : 1,
    );
  }
}

/** v2 before v1 before v1beta1 before v1alpha1. */
function byPriority(a: string, b: string): number {
  const [left, right] = [rank(a), rank(b)];
  const difference = left.map((value, index) => (right[index] ?? 0) - value).find((value) => value !== 0);
  return difference ?? 0;
}

function rank(version: string): number[] {
  const [, major = '0', stage, minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  return [stage === undefined ? 2 : stage === 'beta' ? 1 : 0, Number(major), Number(minor)];
}
