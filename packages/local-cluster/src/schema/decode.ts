import { isFields, type Fields } from '../json.ts';
import { fieldSchema, isOpen, itemSchema, resolve, type Schema } from './schema.ts';

/** Drops what the schema does not know and says what it dropped. */
export function prune(
  value: unknown,
  schema: Schema | undefined,
  path = '',
  unknown: string[] = [],
): unknown {
  const at = resolve(schema);
  if (at === undefined) return value;
  if (Array.isArray(value))
    return value.map((item, index) => prune(item, itemSchema(at), `${path}[${index}]`, unknown));
  if (!isFields(value) || (at.type !== 'object' && !at.properties)) return value;
  const kept: Fields = {};
  const embedded = at['x-kubernetes-embedded-resource'] === true;
  for (const [name, inner] of Object.entries(value)) {
    const below = path ? `${path}.${name}` : name;
    const field = fieldSchema(at, name);
    if (field) kept[name] = prune(inner, field, below, unknown);
    else if (isOpen(at) || (embedded && ['apiVersion', 'kind', 'metadata'].includes(name)))
      kept[name] = inner;
    else if (!at.properties && at.additionalProperties === undefined && path === '') kept[name] = inner;
    else unknown.push(below);
  }
  return kept;
}

const goTypes: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  number: (value) => typeof value === 'number',
  array: Array.isArray,
  object: isFields,
};

/** Built-in kinds are typed on the wire: fails at the first value of a wrong type, and leaves nulls out. */
export function decodeTyped(
  value: unknown,
  schema: Schema | undefined,
  path: string,
  fail: Mismatch,
): unknown {
  const at = resolve(schema);
  if (at === undefined || value === null || value === undefined) return value;
  if (at['x-kubernetes-int-or-string']) return decodeIntOrString(value, at, path, fail);
  const matches = at.type === undefined ? undefined : goTypes[at.type];
  if (matches && !matches(value)) fail(path, value, at.type ?? '');
  if (at.format === 'byte' && typeof value === 'string' && !isBase64(value)) fail(path, value, 'base64');
  if (Array.isArray(value)) return value.map((item) => decodeTyped(item, itemSchema(at), path, fail));
  if (!isFields(value) || isOpen(at)) return value;
  const decoded: Fields = {};
  for (const [name, inner] of Object.entries(value)) {
    if (inner === null || inner === undefined) continue;
    const below = !at.properties ? path : path ? `${path}.${name}` : name;
    decoded[name] = decodeTyped(inner, fieldSchema(at, name), below, fail);
  }
  return decoded;
}

export type Mismatch = (path: string, value: unknown, expected: string) => never;

function decodeIntOrString(value: unknown, schema: Schema, path: string, fail: Mismatch): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') fail(path, value, 'integer or string');
  if (schema.format !== 'quantity') return value;
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(([KMGTPE]i)|[numkMGTPE]|[eE][+-]?\d+)?$/.test(String(value)))
    fail(path, value, 'quantity');
  return String(value);
}

function isBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64') === text;
}
