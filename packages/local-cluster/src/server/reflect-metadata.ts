/** x509 wires its parts by decorator metadata; this is all it asks of a `reflect-metadata`. */
const values = new WeakMap<object, Map<unknown, unknown>>();

function own(key: unknown, target: object): unknown {
  return values.get(target)?.get(key);
}

function define(key: unknown, value: unknown, target: object): void {
  const known = values.get(target) ?? new Map<unknown, unknown>();
  values.set(target, known.set(key, value));
}

function inherited(key: unknown, target: object | null): unknown {
  for (let at = target; at; at = Object.getPrototypeOf(at) as object | null)
    if (values.get(at)?.has(key)) return own(key, at);
  return undefined;
}

const decorator =
  (key: unknown, value: unknown) =>
  (target: object): void =>
    define(key, value, target);

if (!('getMetadata' in Reflect))
  Object.assign(Reflect, {
    getMetadata: inherited,
    getOwnMetadata: own,
    defineMetadata: define,
    metadata: decorator,
  });
