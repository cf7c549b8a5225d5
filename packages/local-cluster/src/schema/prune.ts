import { isFields, type Fields } from '../json.ts';
import { fieldSchema, itemSchema, resolve, type Schema } from './schema.ts';

export interface Pruning {
  /** Built-in kinds are typed on the wire: null is the same as absent, and quantities are text. */
  readonly isTyped: boolean;
  /** Hears of each field that the schema does not know. */
  readonly drop: (path: string) => void;
}

/** The part of a value that the schema knows. */
export function prune(value: unknown, schema: Schema | undefined, pruning: Pruning, path = ''): unknown {
  const at = resolve(schema);
  if (at === undefined) return value;
  if (pruning.isTyped && at.format === 'quantity' && typeof value === 'number') return String(value);
  if (Array.isArray(value))
    return value.map((item, index) => prune(item, itemSchema(at), pruning, `${path}[${index}]`));
  if (!isFields(value) || (at.type !== 'object' && !at.properties)) return value;
  const isOpen = at['x-kubernetes-preserve-unknown-fields'] === true || at.additionalProperties === true;
  const kept: Fields = {};
  for (const [name, inner] of Object.entries(value)) {
    const below = path ? `${path}.${name}` : name;
    const field = fieldSchema(at, name);
    const isDefaulted = field?.default !== undefined && !field.nullable;
    if (inner === undefined || (inner === null && (pruning.isTyped || isDefaulted))) continue;
    if (field) kept[name] = prune(inner, field, pruning, below);
    else if (isOpen) kept[name] = inner;
    else pruning.drop(below);
  }
  return kept;
}
