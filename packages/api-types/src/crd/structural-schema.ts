import * as z from 'zod';

/** JSON schema as a CustomResourceDefinition may hold it. */
export type StructuralSchema = Readonly<Record<string, unknown>>;

type Draft = Record<string, unknown>;

/** Turns a zod schema into a structural schema; throws on anything that a CRD cannot say. */
export function toStructuralSchema(schema: z.ZodType): StructuralSchema {
  const json = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    reused: 'inline',
    cycles: 'throw',
    unrepresentable: 'throw',
  });
  return structural(json, '');
}

function structural(schema: Draft, path: string): StructuralSchema {
  const { $schema: _dialect, ...draft } = schema;
  if (draft['oneOf'] ?? draft['anyOf'] ?? draft['allOf'])
    throw new Error(`${path}: a structural schema has no unions`);
  if (typeof draft['type'] !== 'string') throw new Error(`${path}: a structural schema needs a type`);
  dropSafeIntegerBounds(draft);
  dropEmptyRules(draft);
  if (isEmpty(draft['additionalProperties'])) draft['x-kubernetes-preserve-unknown-fields'] = true;
  if (draft['x-kubernetes-preserve-unknown-fields'] === true) {
    delete draft['properties'];
    delete draft['additionalProperties'];
  }
  // The API server prunes or refuses unknown fields by itself and takes no `additionalProperties: false`.
  if (draft['additionalProperties'] === false) delete draft['additionalProperties'];
  return Object.fromEntries(Object.entries(draft).map(([key, value]) => [key, nested(key, value, path)]));
}

function nested(key: string, value: unknown, path: string): unknown {
  if (key === 'items') return structural(value as Draft, `${path}[]`);
  if (key === 'additionalProperties') return structural(value as Draft, `${path}{}`);
  if (key !== 'properties') return value;
  const fields = Object.entries(value as Record<string, Draft>);
  return Object.fromEntries(fields.map(([name, field]) => [name, structural(field, `${path}.${name}`)]));
}

/** zod bounds every integer by what a double holds exactly; a CRD says `format` instead. */
function dropSafeIntegerBounds(draft: Draft): void {
  if (draft['type'] !== 'integer') return;
  if (draft['minimum'] === Number.MIN_SAFE_INTEGER || draft['minimum'] === -(2 ** 31))
    delete draft['minimum'];
  if (draft['maximum'] === 2 ** 31 - 1) draft['format'] = 'int32';
  if (draft['maximum'] === Number.MAX_SAFE_INTEGER) draft['format'] = 'int64';
  if (draft['format'] !== undefined) delete draft['maximum'];
}

function dropEmptyRules(draft: Draft): void {
  if (draft['minLength'] === 0) delete draft['minLength'];
  const rules = draft['x-kubernetes-validations'];
  if (Array.isArray(rules) && rules.length === 0) delete draft['x-kubernetes-validations'];
}

/** zod writes `{}` for "anything"; a structural schema has no such word. */
function isEmpty(schema: unknown): boolean {
  return typeof schema === 'object' && schema !== null && Object.keys(schema).length === 0;
}
