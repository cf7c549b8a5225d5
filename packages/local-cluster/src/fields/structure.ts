import { canonical, isFields } from '../json.ts';
import { fieldSchema, itemSchema, type Schema } from '../schema/schema.ts';
import { keyOf } from '../schema/validate.ts';

/** A child of a value whose parts are owned one by one, under its FieldsV1 key. */
export interface Part {
  readonly key: string;
  readonly value: unknown;
  readonly schema: Schema | undefined;
}

/** The parts of maps, objects, and lists that are sets or have keys; undefined for what is owned whole. */
export function partsOf(value: unknown, schema: Schema | undefined): readonly Part[] | undefined {
  if (isFields(value)) {
    if (schema?.['x-kubernetes-map-type'] === 'atomic') return undefined;
    return Object.entries(value).map(([name, inner]) => ({
      key: `f:${name}`,
      value: inner,
      schema: fieldSchema(schema, name),
    }));
  }
  if (!Array.isArray(value)) return undefined;
  if (schema?.['x-kubernetes-list-type'] === 'set')
    return value.map((item) => ({ key: `v:${canonical(item)}`, value: item, schema: undefined }));
  const keys = schema?.['x-kubernetes-list-map-keys'];
  if (!keys || schema?.['x-kubernetes-list-type'] !== 'map') return undefined;
  return value.map((item) => ({
    key: `k:${keyOf(withProtocol(item, keys), keys)}`,
    value: item,
    schema: itemSchema(schema),
  }));
}

/** Ports are keyed by a field that is usually left to its default. */
function withProtocol(item: unknown, keys: readonly string[]): unknown {
  return keys.includes('protocol') && isFields(item) ? { protocol: 'TCP', ...item } : item;
}

function together(parts: readonly Part[], isList: boolean): unknown {
  if (isList) return parts.map(({ value }) => value);
  return Object.fromEntries(parts.map(({ key, value }) => [key.slice(2), value]));
}

/** Lays the applied value over the live one; a live-only item of a list stays behind the one before it. */
export function overlay(live: unknown, applied: unknown, schema: Schema | undefined): unknown {
  const old = partsOf(live, schema);
  const next = partsOf(applied, schema);
  if (!old || !next || Array.isArray(live) !== Array.isArray(applied)) return applied;
  const byKey = new Map(old.map(({ key, value }) => [key, value]));
  const merged = next.map(({ key, value, schema: below }): Part => ({
    key,
    value: overlay(byKey.get(key), value, below),
    schema: below,
  }));
  let after = 0;
  for (const part of old) {
    const at = merged.findIndex(({ key }) => key === part.key);
    if (at >= 0) after = at + 1;
    else merged.splice(after++, 0, part);
  }
  return together(merged, Array.isArray(applied));
}

/** A value without the parts that are gone. */
export function without(
  value: unknown,
  schema: Schema | undefined,
  isGone: (path: readonly string[]) => boolean,
  path: readonly string[] = [],
): unknown {
  const kept = partsOf(value, schema)?.flatMap((part) => {
    const below = [...path, part.key];
    return isGone(below) ? [] : [{ ...part, value: without(part.value, part.schema, isGone, below) }];
  });
  return kept ? together(kept, Array.isArray(value)) : value;
}
