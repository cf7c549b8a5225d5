import { canonical, equal, isFields, type Fields } from '../json.ts';
import { fieldSchema, itemSchema, type Schema } from '../schema/schema.ts';
import { keyOf } from '../schema/validate.ts';
import { FieldSet } from './field-set.ts';

/** A child of a value whose parts are owned one by one, under its FieldsV1 key. */
interface Part {
  readonly key: string;
  readonly value: unknown;
  readonly schema: Schema | undefined;
}

/** The parts of maps, objects, and lists that are sets or have keys; undefined for what is owned whole. */
function partsOf(value: unknown, schema: Schema | undefined): readonly Part[] | undefined {
  if (isFields(value)) {
    if (schema?.['x-kubernetes-map-type'] === 'atomic') return undefined;
    return Object.entries(value).map(([name, inner]) => ({
      key: `f:${name}`,
      value: inner,
      schema: fieldSchema(schema, name),
    }));
  }
  if (!Array.isArray(value)) return undefined;
  const items = itemSchema(schema);
  if (schema?.['x-kubernetes-list-type'] === 'set')
    return value.map((item) => ({ key: `v:${canonical(item)}`, value: item, schema: undefined }));
  const keys = listKeys(schema);
  return (
    keys &&
    value.map((item) => ({
      key: `k:${keyOf(withKeyDefaults(item, keys), keys)}`,
      value: item,
      schema: items,
    }))
  );
}

function listKeys(schema: Schema | undefined): readonly string[] | undefined {
  return schema?.['x-kubernetes-list-type'] === 'map' ? schema['x-kubernetes-list-map-keys'] : undefined;
}

/** Ports are keyed by a field that is usually left to its default. */
function withKeyDefaults(item: unknown, keys: readonly string[]): unknown {
  return keys.includes('protocol') && isFields(item) && item['protocol'] === undefined
    ? { ...item, protocol: 'TCP' }
    : item;
}

/** Everything that a value sets: the leaves, and each keyed item itself. */
export function fieldSetOf(
  value: unknown,
  schema: Schema | undefined,
  into: FieldSet = new FieldSet(),
): FieldSet {
  const parts = partsOf(value, schema);
  if (!parts || parts.length === 0) into.member = true;
  for (const part of parts ?? []) {
    const child = into.child(part.key);
    if (!part.key.startsWith('f:')) child.member = true;
    if (part.key.startsWith('v:')) continue;
    fieldSetOf(part.value, part.schema, child);
  }
  return into;
}

export interface Comparison {
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

/** What differs between two values: changed or added, and removed. */
export function compare(before: unknown, after: unknown, schema: Schema | undefined): Comparison {
  const result = { changed: new FieldSet(), removed: new FieldSet() };
  compareInto(result, [before, after], schema);
  return result;
}

function compareInto(
  into: Comparison,
  [before, after]: readonly [unknown, unknown],
  schema: Schema | undefined,
): void {
  if (equal(before, after)) return;
  if (before === undefined) return everything(after, schema, into.changed);
  if (after === undefined) return everything(before, schema, into.removed);
  const old = partsOf(before, schema);
  const next = partsOf(after, schema);
  if (!old || !next || Array.isArray(before) !== Array.isArray(after)) {
    into.changed.member = true;
    return;
  }
  const oldByKey = new Map(old.map((part) => [part.key, part]));
  const nextByKey = new Map(next.map((part) => [part.key, part]));
  for (const key of new Set([...oldByKey.keys(), ...nextByKey.keys()])) {
    const pair = [oldByKey.get(key)?.value, nextByKey.get(key)?.value] as const;
    const below = { changed: new FieldSet(), removed: new FieldSet() };
    compareInto(below, pair, (nextByKey.get(key) ?? oldByKey.get(key))?.schema);
    if (!below.changed.isEmpty) into.changed.children.set(key, below.changed);
    if (!below.removed.isEmpty) into.removed.children.set(key, below.removed);
  }
}

function everything(value: unknown, schema: Schema | undefined, into: FieldSet): void {
  into.member = true;
  for (const part of partsOf(value, schema) ?? []) everything(part.value, part.schema, into.child(part.key));
}

/** Lays the applied value over the live one; keyed lists keep live-only items in their place. */
export function overlay(live: unknown, applied: unknown, schema: Schema | undefined): unknown {
  if (applied === undefined) return live;
  const old = partsOf(live, schema);
  const next = partsOf(applied, schema);
  if (!old || !next || Array.isArray(live) !== Array.isArray(applied)) return applied;
  if (isFields(live) && isFields(applied)) {
    const merged: Fields = { ...live };
    for (const [name, value] of Object.entries(applied))
      merged[name] = overlay(live[name], value, fieldSchema(schema, name));
    return merged;
  }
  const wanted = new Set(next.map((part) => part.key));
  const position = new Map(old.map((part, index) => [part.key, index]));
  const merged: unknown[] = [];
  let flushed = 0;
  const flush = (until: number): void => {
    for (; flushed < until; flushed++) {
      const part = old[flushed];
      if (part && !wanted.has(part.key)) merged.push(part.value);
    }
  };
  for (const [index, part] of next.entries()) {
    const at = position.get(part.key);
    const shared =
      at ??
      next
        .slice(index)
        .map(({ key }) => position.get(key))
        .find((found) => found !== undefined);
    flush(shared ?? old.length);
    merged.push(overlay(at === undefined ? undefined : old[at]?.value, part.value, part.schema));
  }
  flush(old.length);
  return merged;
}

/** Takes fields out of a value unless someone still owns them; undefined when nothing is left to keep. */
export function without(
  value: unknown,
  drop: FieldSet,
  owned: FieldSet,
  schema: Schema | undefined,
): unknown {
  const parts = partsOf(value, schema);
  if (!parts) return value;
  const kept: Part[] = [];
  for (const part of parts) {
    const gone = drop.children.get(part.key);
    const holder = owned.children.get(part.key);
    if (!gone) kept.push(part);
    else if (holder || !gone.member)
      kept.push({ ...part, value: without(part.value, gone, holder ?? new FieldSet(), part.schema) });
  }
  if (Array.isArray(value)) return kept.map((part) => part.value);
  return Object.fromEntries(kept.map((part) => [part.key.slice(2), part.value]));
}
