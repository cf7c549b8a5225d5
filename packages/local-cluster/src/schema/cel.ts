import { Environment } from '@marcbachmann/cel-js';
import { isFields, type Fields } from '../json.ts';
import type { Cause } from '../status.ts';
import { fieldSchema, itemSchema, resolve, type Schema, type ValidationRule } from './schema.ts';
import { jsonType, keyOf } from './validate.ts';

type Program = (context: Fields) => unknown;

interface CompiledRule {
  readonly rule: ValidationRule;
  readonly program: Program;
  readonly message: Program | undefined;
  readonly isTransition: boolean;
}

const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
  .registerVariable('self', 'dyn')
  .registerVariable('oldSelf', 'dyn');
const compiled = new WeakMap<Schema, readonly CompiledRule[]>();
const ruled = new WeakMap<Schema, boolean>();

/** Every rule of a schema that does not compile, for the answer to the one who applies the CRD. */
export function ruleProblems(schema: Schema, path: string): Cause[] {
  const causes: Cause[] = [];
  for (const [index, { rule }] of (schema['x-kubernetes-validations'] ?? []).entries()) {
    const problem = compileProblem(rule);
    const field = `${path}.x-kubernetes-validations[${index}].rule`;
    if (problem)
      causes.push({
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(rule)}: compilation failed: ${problem}`,
        field,
      });
  }
  for (const [name, field] of Object.entries(schema.properties ?? {}))
    causes.push(...ruleProblems(field, `${path}.properties[${name}]`));
  if (schema.items) causes.push(...ruleProblems(schema.items, `${path}.items`));
  if (typeof schema.additionalProperties === 'object')
    causes.push(...ruleProblems(schema.additionalProperties, `${path}.additionalProperties`));
  return causes;
}

function compileProblem(rule: string): string | undefined {
  try {
    const checked = environment.parse(rule).check();
    return checked.valid ? undefined : checked.error?.message;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Evaluates all rules of a schema; transition rules only where an old value corresponds. */
export function evaluateRules(value: unknown, schema: Schema, previous?: unknown): Cause[] {
  const causes: Cause[] = [];
  visit({ value, previous, path: '' }, schema, causes);
  return causes;
}

export function hasRules(schema: Schema): boolean {
  const known = ruled.get(schema);
  if (known !== undefined) return known;
  const below = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties];
  const found =
    schema['x-kubernetes-validations'] !== undefined ||
    below.some((inner) => typeof inner === 'object' && hasRules(inner));
  ruled.set(schema, found);
  return found;
}

interface Place {
  readonly value: unknown;
  readonly previous: unknown;
  readonly path: string;
}

function visit(place: Place, raw: Schema, causes: Cause[]): void {
  const schema = resolve(raw) ?? raw;
  const { value, previous, path } = place;
  if (value === null || value === undefined || !hasRules(schema)) return;
  for (const rule of rulesOf(schema)) {
    if (rule.isTransition && previous === undefined) continue;
    const cause = evaluate(rule, place, schema);
    if (cause) causes.push(cause);
  }
  if (isFields(value))
    for (const [name, inner] of Object.entries(value)) {
      const field = fieldSchema(schema, name);
      const before = isFields(previous) ? previous[name] : undefined;
      if (field)
        visit({ value: inner, previous: before, path: path ? `${path}.${name}` : name }, field, causes);
    }
  const items = itemSchema(schema);
  if (!Array.isArray(value) || !items) return;
  const keys = schema['x-kubernetes-list-map-keys'];
  const before = Array.isArray(previous) && keys ? previous : [];
  const byKey = new Map(before.map((item) => [keyOf(item, keys ?? []), item as unknown]));
  for (const [index, item] of value.entries()) {
    const old = keys ? byKey.get(keyOf(item, keys)) : undefined;
    visit({ value: item, previous: old, path: `${path}[${index}]` }, items, causes);
  }
}

function rulesOf(schema: Schema): readonly CompiledRule[] {
  const known = compiled.get(schema);
  if (known) return known;
  const rules = (schema['x-kubernetes-validations'] ?? []).map((rule) => ({
    rule,
    program: environment.parse(rule.rule) as Program,
    message: rule.messageExpression ? (environment.parse(rule.messageExpression) as Program) : undefined,
    isTransition: /\boldSelf\b/.test(rule.rule),
  }));
  compiled.set(schema, rules);
  return rules;
}

function evaluate(compiledRule: CompiledRule, place: Place, schema: Schema): Cause | undefined {
  const { rule, program, message } = compiledRule;
  const context = { self: toCel(place.value, schema), oldSelf: toCel(place.previous, schema) };
  let text = rule.message ?? `failed rule: ${rule.rule}`;
  try {
    if (program(context) === true) return undefined;
    const computed = message?.(context);
    if (typeof computed === 'string' && computed.trim() !== '') text = computed;
  } catch (error) {
    const problem = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    text = `${problem} evaluating rule: ${text}`;
  }
  const reason = rule.reason ?? 'FieldValueInvalid';
  return {
    reason,
    message: wording(reason, jsonType(place.value), text),
    field: `${place.path}${rule.fieldPath ?? ''}`.replace(/^\./, '') || '<nil>',
  };
}

function wording(reason: string, type: string, text: string): string {
  if (reason === 'FieldValueForbidden') return `Forbidden: ${text}`;
  if (reason === 'FieldValueRequired') return `Required value: ${text}`;
  if (reason === 'FieldValueDuplicate') return `Duplicate value: "${type}"`;
  return `Invalid value: "${type}": ${text}`;
}

/** CEL tells int from double; JSON does not, so the schema decides. */
function toCel(value: unknown, raw: Schema | undefined): unknown {
  const schema = resolve(raw);
  if (typeof value === 'number') {
    const integral = schema?.type === 'integer' || (schema?.type !== 'number' && Number.isInteger(value));
    return integral ? BigInt(value) : value;
  }
  if (Array.isArray(value)) return value.map((item) => toCel(item, schema?.items));
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, toCel(inner, fieldSchema(schema, name))]),
  );
}
