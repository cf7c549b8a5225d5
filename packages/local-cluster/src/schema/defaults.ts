import { isFields, type Fields } from '../json.ts';
import { resolve, type Schema } from './schema.ts';

/** Fills in what the schema gives by default; returns the same value when nothing was missing. */
export function applyDefaults(value: unknown, schema: Schema | undefined, overlay?: DefaultsOf): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => applyDefaults(item, schema?.items, overlay));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (!isFields(value) || schema === undefined) return value;
  const at = resolve(schema);
  let result = value;
  const set = (name: string, next: unknown): void => {
    if (result === value) result = { ...value };
    result[name] = next;
  };
  const extra = overlay?.(schema.$ref);
  for (const [name, given] of Object.entries(extra ?? {}))
    if (value[name] === undefined) set(name, structuredClone(given));
  for (const [name, field] of Object.entries(at?.properties ?? {})) {
    if (field.default === undefined) continue;
    const current = value[name];
    if (current === undefined || (current === null && !field.nullable))
      set(name, structuredClone(field.default));
  }
  for (const [name, inner] of Object.entries(result)) {
    const raw = at?.properties?.[name] ?? additional(at);
    const filled = applyDefaults(inner, raw, overlay);
    if (filled !== inner) set(name, filled);
  }
  return result;
}

export type DefaultsOf = (definition: string | undefined) => Fields | undefined;

function additional(schema: Schema | undefined): Schema | undefined {
  return typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}
