/**
 * Removes properties that are null, as the API server does: for a field that is not nullable, null means absent.
 * Every object is visited once, so that values which share or contain themselves cost no more than they hold.
 */
export function pruneNulls(value: unknown): unknown {
  return prune(value, new Map());
}

function prune(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    seen.set(value, items);
    for (const item of value) items.push(prune(item, seen));
    return items;
  }
  if (!isPlain(value)) return value;
  const fields: Record<string, unknown> = {};
  seen.set(value, fields);
  for (const [key, item] of Object.entries(value)) {
    // Not assignment: a key named __proto__ is data here.
    if (item !== null) Object.defineProperty(fields, key, property(prune(item, seen)));
  }
  return fields;
}

function property(value: unknown): PropertyDescriptor {
  return { value, enumerable: true, configurable: true, writable: true };
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
