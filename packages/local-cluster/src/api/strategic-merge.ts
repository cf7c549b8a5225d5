import { equal, isFields, type Fields } from '../json.ts';
import { fieldSchema, itemSchema, type Schema } from '../schema/schema.ts';

const drops = '$deleteFromPrimitiveList/';
const orders = '$setElementOrder/';

/**
 * Strategic merge patch: lists with a merge key are merged item by item, as the schema says; new items come last,
 * whatever order the patch asks for.
 */
export function strategicMerge(target: unknown, patch: unknown, schema: Schema | undefined): unknown {
  if (!isFields(patch)) return patch;
  const { $patch: directive, $retainKeys: retained, ...changes } = patch;
  if (directive === 'delete') return undefined;
  const base: Fields = isFields(target) && directive !== 'replace' ? { ...target } : {};
  if (Array.isArray(retained))
    for (const name of Object.keys(base)) if (!retained.includes(name)) delete base[name];
  for (const [name, value] of Object.entries(changes)) {
    const below = fieldSchema(schema, name);
    if (name.startsWith(drops)) drop(base, name.slice(drops.length), value);
    else if (name.startsWith(orders)) continue;
    else if (Array.isArray(value)) base[name] = mergeList(base[name], value, below);
    else base[name] = strategicMerge(base[name], value, below) ?? undefined;
  }
  return Object.fromEntries(Object.entries(base).filter(([, value]) => value !== undefined));
}

function drop(base: Fields, field: string, values: unknown): void {
  const current = base[field];
  if (Array.isArray(current) && Array.isArray(values))
    base[field] = current.filter((item) => !values.includes(item));
}

function mergeList(target: unknown, patch: readonly unknown[], schema: Schema | undefined): unknown {
  const key = schema?.['x-kubernetes-patch-merge-key'];
  if (!schema?.['x-kubernetes-patch-strategy']?.split(',').includes('merge')) return patch;
  if (patch.some(isReplacement)) return patch.filter((item) => !isReplacement(item));
  const result: unknown[] = Array.isArray(target) ? [...target] : [];
  for (const item of patch) {
    const same = (known: unknown): boolean =>
      key && isFields(known) && isFields(item) ? known[key] === item[key] : equal(known, item);
    const at = result.findIndex(same);
    const merged = strategicMerge(result[at], item, itemSchema(schema));
    if (merged === undefined) result.splice(at, at < 0 ? 0 : 1);
    else if (at < 0) result.push(merged);
    else result[at] = merged;
  }
  return result;
}

function isReplacement(item: unknown): boolean {
  return isFields(item) && item['$patch'] === 'replace';
}
