import { equal, isFields, type Fields } from '../json.ts';
import { fieldSchema, itemSchema, resolve, type Schema } from '../schema/schema.ts';

/** Strategic merge patch: lists with a merge key are merged item by item, as the schema says. */
export function strategicMerge(target: unknown, patch: unknown, schema: Schema | undefined): unknown {
  if (!isFields(patch)) return patch;
  const directive = patch['$patch'];
  if (directive === 'delete') return undefined;
  const base: Fields = isFields(target) && directive !== 'replace' ? { ...target } : {};
  const retained = patch['$retainKeys'];
  if (Array.isArray(retained))
    for (const name of Object.keys(base)) if (!retained.includes(name)) delete base[name];
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith('$')) mergeDirective(base, name, value);
    else if (value === null) delete base[name];
    else {
      const below = fieldSchema(schema, name);
      const merged = Array.isArray(value)
        ? mergeList(base[name], value, below)
        : strategicMerge(base[name], value, below);
      if (merged === undefined) delete base[name];
      else base[name] = merged;
    }
  }
  for (const [name, order] of Object.entries(patch))
    if (name.startsWith('$setElementOrder/')) reorder(base, [name.slice(17), order], schema);
  return base;
}

function mergeDirective(base: Fields, name: string, value: unknown): void {
  const field = name.startsWith('$deleteFromPrimitiveList/') ? name.slice(25) : undefined;
  const current = field === undefined ? undefined : base[field];
  if (field === undefined || !Array.isArray(current) || !Array.isArray(value)) return;
  base[field] = current.filter((item) => !value.includes(item));
}

function mergeKey(schema: Schema | undefined): string | undefined {
  return schema?.['x-kubernetes-patch-merge-key'];
}

function isMerged(schema: Schema | undefined): boolean {
  return schema?.['x-kubernetes-patch-strategy']?.split(',').includes('merge') ?? false;
}

function mergeList(target: unknown, patch: readonly unknown[], schema: Schema | undefined): unknown {
  const current: readonly unknown[] = Array.isArray(target) ? target : [];
  const key = mergeKey(schema);
  if (!isMerged(schema)) return patch;
  if (patch.some((item) => isFields(item) && item['$patch'] === 'replace'))
    return patch.filter((item) => !(isFields(item) && item['$patch'] === 'replace'));
  if (!key) return [...current, ...patch.filter((item) => !current.some((known) => equal(known, item)))];
  const result = [...current];
  for (const item of patch) {
    if (!isFields(item)) continue;
    const at = result.findIndex((known) => isFields(known) && known[key] === item[key]);
    if (item['$patch'] === 'delete') {
      if (at >= 0) result.splice(at, 1);
    } else {
      const merged = strategicMerge(at >= 0 ? result[at] : undefined, item, resolve(itemSchema(schema)));
      if (at >= 0) result[at] = merged;
      else result.push(merged);
    }
  }
  return result;
}

function reorder(base: Fields, [name, order]: readonly [string, unknown], schema: Schema | undefined): void {
  const list = base[name];
  const key = mergeKey(fieldSchema(schema, name));
  if (!Array.isArray(list) || !Array.isArray(order)) return;
  const identity = (item: unknown): unknown => (key && isFields(item) ? item[key] : item);
  const rank = new Map(order.map((item, index) => [identity(item), index]));
  const last = order.length;
  base[name] = [...list].sort((a, b) => (rank.get(identity(a)) ?? last) - (rank.get(identity(b)) ?? last));
}
