import { fieldsAt, isFields, listAt, textAt, valueAt, type Fields } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { Resource } from '../resources/resource.ts';
import { badRequest } from '../status.ts';

type Labels = Readonly<Record<string, string>>;
type LabelTest = (labels: Labels) => boolean;

const word = '[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?';
const setRequirement = new RegExp(`^(${word})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const comparison = new RegExp(`^(${word})\\s*(==|=|!=)\\s*(${word}|)$`);
const presence = new RegExp(`^(!?)\\s*(${word})$`);

/** Parses `a=b,c!=d,e in (f,g),h,!i`. */
function parseLabelSelector(text: string): LabelTest {
  const tests = text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(labelTest);
  return (labels) => tests.every((test) => test(labels));
}

function labelTest(part: string): LabelTest {
  const set = setRequirement.exec(part);
  if (set) {
    const values = (set[4] ?? '').split(',').map((value) => value.trim());
    return requirement(set[1] ?? '', set[3] === 'in' ? 'In' : 'NotIn', values);
  }
  const compared = comparison.exec(part);
  if (compared)
    return requirement(compared[1] ?? '', compared[3] === '!=' ? 'NotIn' : 'In', [compared[4] ?? '']);
  const exists = presence.exec(part);
  if (exists) return requirement(exists[2] ?? '', exists[1] ? 'DoesNotExist' : 'Exists', []);
  throw badRequest(`unable to parse requirement: ${JSON.stringify(part)} is no label requirement`);
}

type Operator = (value: string | undefined, values: readonly string[]) => boolean;

const operators: Readonly<Record<string, Operator>> = {
  In: (value, values) => value !== undefined && values.includes(value),
  NotIn: (value, values) => value === undefined || !values.includes(value),
  Exists: (value) => value !== undefined,
  DoesNotExist: (value) => value === undefined,
  Gt: (value, [limit]) => Number(value) > Number(limit),
  Lt: (value, [limit]) => Number(value) < Number(limit),
};

/** One requirement of a label selector or of a node selector term. */
export function requirement(key: string, operator: string, values: readonly string[]): LabelTest {
  return (labels) => operators[operator]?.(labels[key], values) ?? false;
}

/** The selector object of workloads: matchLabels and matchExpressions; an absent one matches nothing. */
export function selectorOf(selector: unknown): LabelTest {
  if (!isFields(selector)) return () => false;
  const tests = Object.entries(fieldsAt(selector, 'matchLabels')).map(([key, value]) =>
    requirement(key, 'In', [String(value)]),
  );
  for (const expression of listAt(selector, 'matchExpressions')) {
    const values = listAt(expression, 'values').map(String);
    tests.push(
      requirement(String(valueAt(expression, 'key')), String(valueAt(expression, 'operator')), values),
    );
  }
  return (labels) => tests.every((test) => test(labels));
}

/** The same selector as the scale subresource writes it. */
export function selectorText(selector: Fields): string {
  const labels = Object.entries(fieldsAt(selector, 'matchLabels')).map(
    ([key, value]) => `${key}=${String(value)}`,
  );
  const expressions = listAt(selector, 'matchExpressions').map((e) => {
    const [key, operator, values] = [textAt(e, 'key'), textAt(e, 'operator'), listAt(e, 'values').join(',')];
    if (operator === 'Exists') return key;
    return operator === 'DoesNotExist' ? `!${key}` : `${key} ${operator.toLowerCase()} (${values})`;
  });
  return [...labels, ...expressions].join(',');
}

type ObjectTest = (object: KubeObject) => boolean;

function fieldTest(text: string, resource: Resource): ObjectTest {
  const common = resource.namespaced ? ['metadata.name', 'metadata.namespace'] : ['metadata.name'];
  const allowed = new Set([...common, ...resource.selectableFields]);
  const tests = text
    .split(',')
    .filter(Boolean)
    .map((part): ObjectTest => {
      const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(part);
      const [, field = '', operator, wanted = ''] = match ?? [];
      if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
      if (!allowed.has(field)) throw badRequest(`field label not supported: ${field}`);
      const path = field.split('.');
      return (object) => (asText(valueAt(object, ...path)) === wanted) !== (operator === '!=');
    });
  return (object) => tests.every((test) => test(object));
}

/** The objects that a list, watch or deletecollection request asks for. */
export function objectTest(query: URLSearchParams, resource: Resource): ObjectTest {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = fieldTest(query.get('fieldSelector') ?? '', resource);
  return (object) => labels(object.metadata.labels ?? {}) && fields(object);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}
