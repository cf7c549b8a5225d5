import { canonical, isFields, type Fields } from '../json.ts';
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

/** Lays the applied value over the live one; keyed lists keep live-only items in their place. */
export function overlay(live: unknown, applied: unknown, schema: Schema | undefined): unknown {
  const old = partsOf(live, schema);
  const next = partsOf(applied, schema);
  if (!old || !next || Array.isArray(live) !== Array.isArray(applied)) return applied;
  const byKey = new Map(old.map((part) => [part.key, part.value]));
  if (isFields(live)) {
    const merged: Fields = { ...live };
    for (const { key, value, schema: below } of next)
      merged[key.slice(2)] = overlay(byKey.get(key), value, below);
    return merged;
  }
  const wanted = new Set(next.map(({ key }) => key));
  const merged: unknown[] = [];
  const queue = [...next];
  const takeUntil = (isLast: (part: Part) => boolean): void => {
    for (let part = queue.shift(); part; part = isLast(part) ? undefined : queue.shift())
      merged.push(overlay(byKey.get(part.key), part.value, part.schema));
  };
  for (const part of old) {
    if (wanted.has(part.key)) takeUntil(({ key }) => byKey.has(key));
    else merged.push(part.value);
  }
  takeUntil(() => false);
  return merged;
}

/** A value without the parts that are gone. */
export function without(
  value: unknown,
  schema: Schema | undefined,
  isGone: (path: readonly string[]) => boolean,
  path: readonly string[] = [],
): unknown {
  const parts = partsOf(value, schema);
  if (!parts) return value;
  const kept = parts
    .filter(({ key }) => !isGone([...path, key]))
    .map(
      ({ key, value: inner, schema: below }) => [key, without(inner, below, isGone, [...path, key])] as const,
    );
  if (Array.isArray(value)) return kept.map(([, inner]) => inner);
  return Object.fromEntries(kept.map(([key, inner]) => [key.slice(2), inner]));
}
