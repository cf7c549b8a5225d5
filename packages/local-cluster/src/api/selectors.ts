import { fieldsAt, isFields, listAt, valueAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { Served } from '../resources/resource.ts';
import { badRequest } from '../status.ts';

/** One requirement of a label selector or of a node selector term. */
export interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

type Labels = Readonly<Record<string, string>> | undefined;
type ObjectTest = (object: KubeObject) => boolean;

const operators: Readonly<Record<string, (value: string | undefined, values: readonly string[]) => boolean>> =
  {
    In: (value, values) => value !== undefined && values.includes(value),
    NotIn: (value, values) => value === undefined || !values.includes(value),
    Exists: (value) => value !== undefined,
    DoesNotExist: (value) => value === undefined,
    Gt: (value, [limit]) => Number(value) > Number(limit),
    Lt: (value, [limit]) => Number(value) < Number(limit),
  };

export function matchesAll(requirements: readonly Requirement[], labels: Labels = {}): boolean {
  return requirements.every(
    ({ key, operator, values = [] }) => operators[operator]?.(labels[key], values) ?? false,
  );
}

/** What the selector object of a workload asks for: matchLabels and matchExpressions. */
export function requirementsOf(selector: unknown): Requirement[] {
  const labels = Object.entries(fieldsAt(selector, 'matchLabels'));
  const equalities = labels.map(([key, value]) => ({ key, operator: 'In', values: [String(value)] }));
  return [...equalities, ...(listAt(selector, 'matchExpressions') as Requirement[])];
}

/** The labels that a selector object takes; an absent one takes none. */
export function selectorOf(selector: unknown): (labels: Labels) => boolean {
  const requirements = requirementsOf(selector);
  return (labels) => isFields(selector) && matchesAll(requirements, labels);
}

const word = '[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?';
const setRequirement = new RegExp(`^(${word})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const comparison = new RegExp(`^(${word})\\s*(==|=|!=)\\s*(${word}|)$`);
const presence = new RegExp(`^(!?)\\s*(${word})$`);

/** Parses `a=b,c!=d,e in (f,g),h,!i`. */
function parseLabelSelector(text: string): Requirement[] {
  const parts = text.split(/,(?![^(]*\))/).map((part) => part.trim());
  return parts.filter((part) => part !== '').map(parseRequirement);
}

function parseRequirement(part: string): Requirement {
  const [, key = '', relation = '', list = ''] = setRequirement.exec(part) ?? comparison.exec(part) ?? [];
  const values = list.split(',').map((value) => value.trim());
  if (key) return { key, operator: ['in', '=', '=='].includes(relation) ? 'In' : 'NotIn', values };
  const [, not, name] = presence.exec(part) ?? [];
  if (name) return { key: name, operator: not ? 'DoesNotExist' : 'Exists' };
  throw badRequest(`unable to parse requirement: ${JSON.stringify(part)} is no label requirement`);
}

function parseFieldSelector(text: string, { selectableFields = [] }: Served): ObjectTest[] {
  const allowed = new Set(['metadata.name', 'metadata.namespace', ...selectableFields]);
  const parts = text.split(',').filter((part) => part !== '');
  return parts.map((part) => {
    const [, field = '', operator, wanted] = /^([^=!]+)(==|=|!=)(.*)$/.exec(part) ?? [];
    if (!allowed.has(field)) throw badRequest(`field label not supported: ${field || part}`);
    return (object) => {
      const value = valueAt(object, ...field.split('.')) ?? '';
      return (value === wanted) !== (operator === '!=');
    };
  });
}

/** The objects that a list or watch request asks for. */
export function objectTest(query: URLSearchParams, served: Served): ObjectTest {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '', served);
  return (object) => matchesAll(labels, object.metadata.labels) && fields.every((test) => test(object));
}
