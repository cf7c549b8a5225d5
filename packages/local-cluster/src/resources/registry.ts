import { unknownPath } from '../status.ts';
import type { Served } from './resource.ts';

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
  readonly served: readonly Served[];
}

/** All resources that are served now: built-in ones, and those of established definitions. */
export class Registry {
  readonly #byKey = new Map<string, readonly Served[]>();
  /** Changes whenever the set of resources does. */
  generation = 0;

  constructor(builtIn: readonly Served[]) {
    for (const served of builtIn) this.put(served.key, [served]);
  }

  put(key: string, versions: readonly Served[]): void {
    this.#byKey.set(key, versions);
    this.generation++;
  }

  remove(key: string): void {
    this.#byKey.delete(key);
    this.generation++;
  }

  all(): readonly Served[] {
    return [...this.#byKey.values()].flat();
  }

  find(apiVersion: string, plural: string): Served | undefined {
    return this.all().find((served) => served.apiVersion === apiVersion && served.plural === plural);
  }

  /** A resource in the version that is stored; in its first, should that one not be served. */
  stored(key: string): Served {
    const all = this.#byKey.get(key);
    const found = all?.find(({ isStored }) => isStored) ?? all?.[0];
    if (!found) throw unknownPath();
    return found;
  }

  /** Group versions with what they serve, in the order clients should prefer: v2, v1, v1beta1, v1alpha1. */
  groupVersions(): readonly GroupVersion[] {
    const found = [...Map.groupBy(this.all(), ({ apiVersion }) => apiVersion)].map(([apiVersion, served]) => {
      const [version = '', group = ''] = apiVersion.split('/').toReversed();
      return { group, version, served };
    });
    return found.toSorted((a, b) => (rank(a.version) < rank(b.version) ? 1 : -1));
  }
}

function rank(version: string): string {
  const [, major = '0', stage = 'stable', minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  return [stage, major.padStart(4, '0'), minor.padStart(4, '0')].join();
}
