import { randomInt } from 'node:crypto';
import type { KubeObject } from '../objects.ts';
import type { Served } from '../resources/resource.ts';
import { cause, type Cause } from '../status.ts';

/** What names must match, and how to say so. */
type Rule = readonly [pattern: RegExp, hint: string];

const edges = 'and must start and end with an alphanumeric character';
const label: Rule = [
  /^(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  `a lowercase RFC 1123 label must consist of up to 63 lower case alphanumeric characters or '-', ${edges}`,
];
const subdomain: Rule = [
  /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  `a lowercase RFC 1123 subdomain must consist of up to 253 lower case alphanumeric characters, '-' or '.', ${edges}`,
];
const labelValue: Rule = [
  /^(?=.{0,63}$)(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/,
  `a valid label must be empty or consist of up to 63 alphanumeric characters, '-', '_' or '.', ${edges}`,
];

/** Letters and digits that spell no word. */
export const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** A generateName prefix with five random letters. */
export function generatedName(prefix: string): string {
  const suffix = Array.from({ length: 5 }, () => nameAlphabet[randomInt(nameAlphabet.length)]).join('');
  return prefix.slice(0, 58) + suffix;
}

/** Names and labels that an API server refuses. */
export function checkMetadata({ metadata }: KubeObject, { kind, isCustom }: Served): Cause[] {
  const { name, labels = {} } = metadata;
  const isLabel = ['Namespace', 'Service'].includes(kind) && !isCustom;
  const checked: readonly (readonly [string, string, Rule])[] = [
    ['metadata.name', name, isLabel ? label : subdomain],
    ...Object.values(labels).map((value) => ['metadata.labels', value, labelValue] as const),
  ];
  return checked.flatMap(([field, value, [pattern, hint]]) => {
    return pattern.test(value) ? [] : [cause('Invalid', field, `${JSON.stringify(value)}: ${hint}`)];
  });
}
