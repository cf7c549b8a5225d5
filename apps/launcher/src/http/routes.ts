import type { Route } from '../engines/engine.ts';

export type RouteMatch =
  | { readonly kind: 'found'; readonly route: Route }
  | { readonly kind: 'methodNotAllowed'; readonly allowed: readonly string[] }
  | { readonly kind: 'notExposed' };

/**
 * An allow-list: what a runtime offers beyond it (loading adapters from any path, resetting, development endpoints) does
 * not exist for clients, and neither does a path that only means the same after decoding.
 */
export function routeMatcher(routes: readonly Route[]): (method: string, path: string) => RouteMatch {
  const table = routes.map((route) => ({ route, pattern: patternOf(route.path) }));
  return (method, path) => {
    const onPath = table.filter(({ pattern }) => pattern.test(path)).map(({ route }) => route);
    if (onPath.length === 0) return { kind: 'notExposed' };
    const route = onPath.find((candidate) => candidate.method === method);
    return route === undefined
      ? { kind: 'methodNotAllowed', allowed: onPath.map((candidate) => candidate.method) }
      : { kind: 'found', route };
  };
}

function patternOf(path: string): RegExp {
  const source = path
    .split('/')
    .map((segment) => (segment === '*' ? '[\\w.~:-]+' : segment.replaceAll('.', String.raw`\.`)))
    .join('/');
  return new RegExp(`^${source}$`, 'u');
}
