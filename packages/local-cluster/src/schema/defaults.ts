import { isFields } from '../json.ts';
import { resolve, type Schema } from './schema.ts';

/** Fills in what the schema gives by default; returns the same value when nothing was missing. */
export function applyDefaults(value: unknown, raw: Schema | undefined): unknown {
  const schema = resolve(raw);
  if (Array.isArray(value)) {
    const items = value.map((item) => applyDefaults(item, schema?.items));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (!isFields(value) || schema === undefined) return value;
  const result = { ...value };
  for (const [name, field] of Object.entries(schema.properties ?? {}))
    if (
      field.default !== undefined &&
      (value[name] ?? (field.nullable ? value[name] : undefined)) === undefined
    )
      result[name] = structuredClone(field.default);
  const { additionalProperties: others } = schema;
  for (const [name, inner] of Object.entries(result))
    result[name] = applyDefaults(
      inner,
      schema.properties?.[name] ?? (typeof others === 'object' ? others : undefined),
    );
  return Object.keys(result).every((name) => result[name] === value[name]) ? value : result;
}
