import { isRecord } from './decode.ts';

/**
 * The first field that our last apply set and `desired` sets no longer, as a path; undefined when there is none.
 * `owned` is a fieldsV1 tree: `f:name` is a field, `k:{…}` a list element by its keys, `v:…` an element of a set.
 */
export function firstAbandonedField(owned: unknown, desired: unknown, path = ''): string | undefined {
  if (!isRecord(owned)) return undefined;
  for (const [step, inner] of Object.entries(owned)) {
    if (step === '.') continue;
    const { value, label } = follow(step, desired);
    const here = path === '' ? label : `${path}${label.startsWith('[') ? '' : '.'}${label}`;
    if (value === undefined) return here;
    const found = firstAbandonedField(inner, value, here);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `value` is undefined when the desired object has nothing there. */
function follow(step: string, desired: unknown): { readonly value: unknown; readonly label: string } {
  const kind = step.slice(0, 2);
  const rest = step.slice(2);
  if (kind === 'f:') {
    // null asks for absence, as leaving the field out does.
    return { value: (isRecord(desired) ? desired[rest] : undefined) ?? undefined, label: rest };
  }
  const key: unknown = JSON.parse(rest);
  const items: readonly unknown[] = Array.isArray(desired) ? desired : [];
  const value = kind === 'k:' ? items.find((item) => hasKeys(item, key)) : items.find((item) => item === key);
  return { value, label: `[${rest}]` };
}

/** A key that the element does not name has its default, which the API server filled in. */
function hasKeys(item: unknown, keys: unknown): boolean {
  if (!isRecord(item) || !isRecord(keys)) return false;
  return Object.entries(keys).every(([name, value]) => item[name] === undefined || item[name] === value);
}
