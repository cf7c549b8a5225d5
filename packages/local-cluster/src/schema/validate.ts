import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { canonical, equal, isFields } from '../json.ts';
import { cause, type Cause } from '../status.ts';
import { definitions, type Schema } from './schema.ts';

const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  strict: false,
  validateSchema: false,
  useDefaults: true,
  logger: false,
});
addFormats.default(ajv);
ajv.addFormat('quantity', /^[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/);
ajv.addKeyword({
  keyword: 'x-kubernetes-int-or-string',
  validate: (isOn: boolean, value: unknown) => !isOn || typeof value === 'string' || Number.isInteger(value),
});
ajv.addKeyword({
  keyword: 'x-kubernetes-list-type',
  type: 'array',
  compile: (type, schema) =>
    unique(
      type === 'map' ? (schema as Schema)['x-kubernetes-list-map-keys'] : type === 'set' ? [] : undefined,
    ),
});
for (const [name, schema] of Object.entries(definitions)) ajv.addSchema(schema, name);
const compiled = new WeakMap<Schema, ValidateFunction>();

/** Text that identifies an item of a list with `x-kubernetes-list-map-keys`. */
export function keyOf(item: unknown, keys: readonly string[]): string {
  const fields = isFields(item) ? item : {};
  return canonical(Object.fromEntries(keys.map((key) => [key, fields[key]])));
}

/** A check that no two items have the same keys, or are the same where there are no keys. */
function unique(keys: readonly string[] | undefined): (list: readonly unknown[]) => boolean {
  const check = (list: readonly unknown[]): boolean => {
    const ids = list.map((item) => (keys?.length ? keyOf(item, keys) : canonical(item)));
    const index = keys ? ids.findIndex((id, place) => ids.indexOf(id) < place) : -1;
    check.errors = index < 0 ? [] : [{ keyword: 'duplicate', params: { index, id: ids[index] } }];
    return index < 0;
  };
  check.errors = [] as object[];
  return check;
}

function compile(schema: Schema): ValidateFunction {
  let check = compiled.get(schema);
  if (!check) compiled.set(schema, (check = ajv.compile(schema)));
  return check;
}

/** Fills in, in place, what the schema gives by default. */
export function fillDefaults(value: unknown, schema: Schema): void {
  compile(schema)(value);
}

/**
 * Checks a value against a structural schema, in the API server's words, with one cause per field.
 * Parts equal to `previous` are taken as they are, so that a stricter schema does not block other changes.
 */
export function validate(value: unknown, schema: Schema, previous?: unknown): Cause[] {
  const check = compile(schema);
  if (check(value)) return [];
  const causes = new Map<string, Cause>();
  const errors = (check.errors ?? []).filter(({ schemaPath }) => !/\/(anyOf|oneOf|not)\//.test(schemaPath));
  for (const error of errors.toSorted((a, b) => rank(a) - rank(b))) {
    const path = error.instancePath
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (previous !== undefined && equal(error.data, at(previous, path))) continue;
    const found = causeOf(error, path.reduce(join, ''));
    if (!causes.has(found.field)) causes.set(found.field, found);
  }
  return [...causes.values()];
}

/** Of several faults of one field the type matters most, then the length. */
function rank({ keyword }: ErrorObject): number {
  return keyword === 'type' ? 0 : keyword.startsWith('max') ? 1 : 2;
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}

function join(path: string, name: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(name) && path) return `${path}[${name}]`;
  return path ? `${path}.${name}` : name;
}

export function jsonType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** What is wrong, by keyword, after `Invalid value: …: <field> in body`; otherwise the library's words. */
const problems: Readonly<Record<string, (limit: string, value: unknown) => string>> = {
  minLength: (limit) => `should be at least ${limit} chars long`,
  pattern: (limit) => `should match '${limit}'`,
  format: (limit, value) => `must be of type ${limit}: ${JSON.stringify(value)}`,
  minimum: (limit) => `should be greater than or equal to ${limit}`,
  maximum: (limit) => `should be less than or equal to ${limit}`,
};

function causeOf({ keyword, data, schema, params, message = '' }: ErrorObject, field: string): Cause {
  const limit = String(schema);
  switch (keyword) {
    case 'type':
    case 'x-kubernetes-int-or-string': {
      const [actual, wanted] = [jsonType(data), keyword === 'type' ? limit : 'integer,string'];
      return cause(
        'TypeInvalid',
        field,
        `"${actual}": ${field} in body must be of type ${wanted}: "${actual}"`,
      );
    }
    case 'required':
      return cause('Required', join(field, String(params['missingProperty'])), '');
    case 'enum': {
      const values = (schema as readonly unknown[]).map((allowed) => JSON.stringify(allowed)).join(', ');
      return cause('NotSupported', field, `${JSON.stringify(data)}: supported values: ${values}`);
    }
    case 'duplicate':
      return cause('Duplicate', `${field}[${params['index']}]`, String(params['id']));
    case 'maxLength':
      return cause('TooLong', field, `may not be more than ${limit} bytes`);
    case 'maxItems':
    case 'maxProperties': {
      const size = Object.keys(data as object).length;
      return cause('TooMany', field, `${size}: must have at most ${limit} ${keyword.slice(3).toLowerCase()}`);
    }
    default: {
      const problem = problems[keyword]?.(limit, data) ?? message;
      return cause('Invalid', field, `${JSON.stringify(data)}: ${field} in body ${problem}`);
    }
  }
}
