import type { KubeObject } from './object.ts';

declare const objectType: unique symbol;

/** Where a kind lives in the API. `Object` is what its objects look like; it exists at compile time only. */
export interface ResourceKind<Object extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly [objectType]?: Object;
}

export function apiVersionOf(kind: ResourceKind): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

export interface ResourceLocation {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

/** The request path of a collection, an object or a subresource. */
export function resourcePath(kind: ResourceKind, location: ResourceLocation = {}): string {
  const { namespace, name, subresource } = location;
  if (kind.namespaced && name !== undefined && !namespace) {
    throw new TypeError(`${kind.kind} ${name} is namespaced, but no namespace was given`);
  }
  const scope = kind.namespaced && namespace ? ['namespaces', namespace] : [];
  const root = kind.group === '' ? ['api', kind.version] : ['apis', kind.group, kind.version];
  const rest = [name, subresource].filter((part) => part !== undefined);
  return `/${[...root, ...scope, kind.plural, ...rest].map((part) => segment(part)).join('/')}`;
}

/** `..` and an empty name would address something else. */
function segment(part: string): string {
  if (part === '' || part === '.' || part === '..') {
    throw new TypeError(`${JSON.stringify(part)} is not a name that an API path can hold`);
  }
  return encodeURIComponent(part);
}
