import { Environment } from '@marcbachmann/cel-js';
import { isFields, type Fields } from '../json.ts';
import { cause, type Cause } from '../status.ts';
import { fieldSchema, itemSchema, resolve, schemasIn, type Schema, type ValidationRule } from './schema.ts';
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

/** Every rule of a schema that does not compile, for the answer to the one who applies the CRD. */
export function ruleProblems(root: Schema, start: string): Cause[] {
  return [...schemasIn(root, start)].flatMap(([schema, path]) =>
    (schema['x-kubernetes-validations'] ?? []).flatMap(({ rule }, index): Cause[] => {
      const problem = compileProblem(rule);
      if (!problem) return [];
      const field = `${path}.x-kubernetes-validations[${index}].rule`;
      return [cause('Invalid', field, `${JSON.stringify(rule)}: compilation failed: ${problem}`)];
    }),
  );
}

function compileProblem(rule: string): string | undefined {
  try {
    const checked = environment.parse(rule).check();
    return checked.valid ? undefined : checked.error?.message;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export function hasRules(root: Schema): boolean {
  return [...schemasIn(root, '')].some(([schema]) => schema['x-kubernetes-validations'] !== undefined);
}

interface Place {
  readonly value: unknown;
  readonly previous: unknown;
  readonly path: string;
}

/** Evaluates all rules of a schema; transition rules only where an old value corresponds. */
export function evaluateRules(place: Place, raw: Schema): Cause[] {
  const schema = resolve(raw) ?? raw;
  const { value, previous, path } = place;
  if (value === null || value === undefined) return [];
  const own = rulesOf(schema)
    .filter(({ isTransition }) => !isTransition || previous !== undefined)
    .flatMap((rule) => evaluate(rule, place, schema));
  const keys = schema['x-kubernetes-list-map-keys'];
  const below = Array.isArray(value)
    ? value.flatMap((item, index) => {
        const same = (old: unknown): boolean => keys !== undefined && keyOf(old, keys) === keyOf(item, keys);
        const before: unknown = Array.isArray(previous) ? previous.find(same) : undefined;
        const inner = { value: item, previous: before, path: `${path}[${index}]` };
        return evaluateRules(inner, itemSchema(schema) ?? {});
      })
    : Object.entries(isFields(value) ? value : {}).flatMap(([name, inner]) => {
        const before = isFields(previous) ? previous[name] : undefined;
        const at = { value: inner, previous: before, path: path ? `${path}.${name}` : name };
        return evaluateRules(at, fieldSchema(schema, name) ?? {});
      });
  return [...own, ...below];
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

function evaluate({ rule, program, message }: CompiledRule, place: Place, schema: Schema): Cause[] {
  const context = { self: toCel(place.value, schema), oldSelf: toCel(place.previous, schema) };
  let text = rule.message ?? `failed rule: ${rule.rule}`;
  try {
    if (program(context) === true) return [];
    const computed = message?.(context);
    if (typeof computed === 'string' && computed.trim() !== '') text = computed;
  } catch (error) {
    const problem = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    text = `${problem} evaluating rule: ${text}`;
  }
  const field = `${place.path}${rule.fieldPath ?? ''}`.replace(/^\./, '');
  const reason = reasons[rule.reason ?? ''] ?? 'Invalid';
  return [cause(reason, field, reason === 'Invalid' ? `"${jsonType(place.value)}": ${text}` : text)];
}

const reasons: Readonly<Record<string, 'Forbidden' | 'Required' | 'Duplicate'>> = {
  FieldValueForbidden: 'Forbidden',
  FieldValueRequired: 'Required',
  FieldValueDuplicate: 'Duplicate',
};

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
