import type { Registry } from '../resources/registry.ts';
import type { Served } from '../resources/resource.ts';
import { methodNotAllowed, unknownPath } from '../status.ts';

/** A request for objects: which resource, where, and what of it. */
export interface ResourceRoute {
  readonly served: Served;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string;
}

/** Reads `/api/v1/…` and `/apis/GROUP/VERSION/…`. */
export function routeOf(pathname: string, registry: Registry): ResourceRoute {
  const [root, ...rest] = pathname.split('/').filter(Boolean).map(decoded);
  if (root !== 'api' && root !== 'apis') throw unknownPath();
  const [group, version, ...parts] = root === 'api' ? ['', ...rest] : rest;
  if (group === undefined || version === undefined || parts.length === 0) throw unknownPath();
  const isNamespacePart =
    parts[0] === 'namespaces' && parts.length > 2 && !['status', 'finalize'].includes(parts[2] ?? '');
  const namespace = isNamespacePart ? parts[1] : undefined;
  const [plural = '', name, subresource = '', ...tooMuch] = isNamespacePart ? parts.slice(2) : parts;
  const served = registry.find(group ? `${group}/${version}` : version, plural);
  if (!served || tooMuch.length > 0) throw unknownPath();
  if (served.namespaced !== isNamespacePart && (isNamespacePart || name !== undefined)) throw unknownPath();
  return { served, namespace, name, subresource };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw unknownPath();
  }
}

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

export function verbOf(method: string, route: ResourceRoute, query: URLSearchParams): Verb {
  const isWatch = ['true', '1'].includes(query.get('watch') ?? '');
  const isComplete = !route.served.namespaced || route.namespace !== undefined;
  const verbs: Readonly<Record<string, Verb | false>> = route.name
    ? { GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }
    : { GET: isWatch ? 'watch' : 'list', POST: isComplete && 'create' };
  const verb = verbs[method];
  if (!verb) throw methodNotAllowed();
  return verb;
}
