import { canonical, equal, isFields } from '../json.ts';
import type { Cause } from '../status.ts';
import { fieldSchema, itemSchema, resolve, type Schema } from './schema.ts';

type Report = (field: string, reason: string, message: string) => void;

/**
 * Checks a value against a structural schema, in the API server's words.
 * Parts equal to `previous` are taken as they are, so that a stricter schema does not block other changes.
 */
export function validate(value: unknown, schema: Schema, previous?: unknown): Cause[] {
  const causes: Cause[] = [];
  visit({ value, previous, path: '' }, schema, (field, reason, message) => {
    causes.push({ reason: `FieldValue${reason}`, message, field: field || '<nil>' });
  });
  return causes;
}

interface Place {
  readonly value: unknown;
  readonly previous: unknown;
  readonly path: string;
}

function visit(place: Place, raw: Schema, report: Report): void {
  const schema = resolve(raw) ?? raw;
  const { value, path, previous } = place;
  if (previous !== undefined && equal(value, previous)) return;
  if (value === null && schema.nullable) return;
  if (!checkType(place, schema, report)) return;
  checkEnum(place, schema, report);
  if (typeof value === 'string') checkString(place, schema, report);
  if (typeof value === 'number') checkNumber(place, schema, report);
  if (Array.isArray(value)) checkArray({ ...place, value }, schema, report);
  if (isFields(value)) {
    checkSize('properties', place, Object.keys(value).length, [
      schema.minProperties,
      schema.maxProperties,
      report,
    ]);
    for (const name of schema.required ?? [])
      if (value[name] === undefined) report(join(path, name), 'Required', 'Required value');
    for (const [name, inner] of Object.entries(value)) {
      const field = fieldSchema(schema, name);
      const before = isFields(previous) ? previous[name] : undefined;
      if (field) visit({ value: inner, previous: before, path: join(path, name) }, field, report);
    }
  }
  checkLogic(place, schema, report);
}

export function jsonType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function checkType({ value, path }: Place, schema: Schema, report: Report): boolean {
  const actual = jsonType(value);
  const allowed = schema['x-kubernetes-int-or-string']
    ? ['integer', 'string']
    : schema.type
      ? [schema.type]
      : [];
  if (allowed.length === 0 || allowed.includes(actual)) return true;
  if (actual === 'integer' && allowed.includes('number')) return true;
  const wanted = allowed.join(',');
  report(
    path,
    'TypeInvalid',
    `Invalid value: "${actual}": ${path} in body must be of type ${wanted}: "${actual}"`,
  );
  return false;
}

function checkEnum({ value, path }: Place, schema: Schema, report: Report): void {
  if (!schema.enum || schema.enum.some((allowed) => equal(allowed, value))) return;
  const values = schema.enum.map((allowed) => JSON.stringify(allowed)).join(', ');
  report(path, 'NotSupported', `Unsupported value: ${JSON.stringify(value)}: supported values: ${values}`);
}

function checkString({ value, path }: Place, schema: Schema, report: Report): void {
  const text = value as string;
  const length = Array.from(text).length;
  const shown = JSON.stringify(text);
  const { minLength = 0, maxLength = Infinity, pattern, format } = schema;
  const fail = (problem: string): void =>
    report(path, 'Invalid', `Invalid value: ${shown}: ${path} in body ${problem}`);
  if (length > maxLength) report(path, 'TooLong', `Too long: may not be more than ${maxLength} bytes`);
  else if (length < minLength) fail(`should be at least ${minLength} chars long`);
  else if (pattern !== undefined && !new RegExp(pattern, 'u').test(text)) fail(`should match '${pattern}'`);
  if (format === 'date-time' && Number.isNaN(Date.parse(text))) fail(`must be of type date-time: ${shown}`);
}

function checkNumber({ value, path }: Place, schema: Schema, report: Report): void {
  const number = value as number;
  const fail = (text: string): void =>
    report(path, 'Invalid', `Invalid value: ${number}: ${path} in body ${text}`);
  const { minimum, maximum } = schema;
  if (minimum !== undefined && (schema.exclusiveMinimum ? number <= minimum : number < minimum))
    fail(`should be greater than ${schema.exclusiveMinimum ? '' : 'or equal to '}${minimum}`);
  if (maximum !== undefined && (schema.exclusiveMaximum ? number >= maximum : number > maximum))
    fail(`should be less than ${schema.exclusiveMaximum ? '' : 'or equal to '}${maximum}`);
  if (schema.multipleOf !== undefined && number % schema.multipleOf !== 0)
    fail(`should be a multiple of ${schema.multipleOf}`);
}

function checkArray(place: Place & { value: readonly unknown[] }, schema: Schema, report: Report): void {
  const { value, path, previous } = place;
  checkSize('items', place, value.length, [schema.minItems, schema.maxItems, report]);
  const items = itemSchema(schema);
  const keys = schema['x-kubernetes-list-map-keys'];
  const isSet = schema['x-kubernetes-list-type'] === 'set';
  const before = new Map(
    (Array.isArray(previous) ? previous : []).map((item, index) => [
      keys ? keyOf(item, keys) : String(index),
      item,
    ]),
  );
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    const key = keys ? keyOf(item, keys) : isSet ? canonical(item) : String(index);
    if (seen.has(key)) report(`${path}[${index}]`, 'Duplicate', `Duplicate value: ${key}`);
    seen.add(key);
    if (items) visit({ value: item, previous: before.get(key), path: `${path}[${index}]` }, items, report);
  }
}

/** Text that identifies an item of a list with `x-kubernetes-list-map-keys`. */
export function keyOf(item: unknown, keys: readonly string[]): string {
  const fields = isFields(item) ? item : {};
  return canonical(Object.fromEntries(keys.map((key) => [key, fields[key]])));
}

type Bounds = readonly [number | undefined, number | undefined, Report];

function checkSize(what: string, { path }: Place, size: number, [min, max, report]: Bounds): void {
  if (max !== undefined && size > max)
    report(path, 'TooMany', `Too many: ${size}: must have at most ${max} ${what}`);
  if (min !== undefined && size < min)
    report(path, 'Invalid', `Invalid value: ${size}: ${path} in body should have at least ${min} ${what}`);
}

function checkLogic(place: Place, schema: Schema, report: Report): void {
  const { value, path } = place;
  const passes = (branch: Schema): boolean => validate(value, branch).length === 0;
  const fail = (word: string): void =>
    report(path, 'Invalid', `Invalid value: ${JSON.stringify(value)}: ${path} in body must validate ${word}`);
  for (const branch of schema.allOf ?? []) visit(place, branch, report);
  if (schema.anyOf && !schema.anyOf.some(passes)) fail('at least one schema (anyOf)');
  if (schema.oneOf && schema.oneOf.filter(passes).length !== 1) fail('one and only one schema (oneOf)');
  if (schema.not && passes(schema.not)) fail('not the schema (not)');
}

function join(path: string, name: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(name) && path) return `${path}[${name}]`;
  return path ? `${path}.${name}` : name;
}
