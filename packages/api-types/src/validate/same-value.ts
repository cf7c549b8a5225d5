/** Deep equality of JSON values; the order of keys does not matter. */
export function sameValue(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = definedKeys(left);
  return (
    keys.length === definedKeys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && sameValue(property(left, key), property(right, key)))
  );
}

function definedKeys(value: object): readonly string[] {
  return Object.keys(value).filter((key) => property(value, key) !== undefined);
}

function property(value: object, key: string): unknown {
  return (value as Record<string, unknown>)[key];
}
