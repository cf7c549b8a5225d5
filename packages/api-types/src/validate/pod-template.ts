import { error, type FieldIssue, issueCodes, warning } from '../issues/field-issue.ts';
import { formatFieldPath, joinFieldPath } from '../issues/field-path.ts';
import { looksLikePlaceholder, placeholderMessage } from '../schema/placeholder.ts';
import { containerFields, podSpecFields, podTemplateFields } from './core-fields.ts';
import { isObject, type OpaqueObject, unknownFieldIssues } from './opaque-object.ts';

/** What the CRD cannot check inside a pod template: that it has containers, and that no field is misspelt. */
export function podTemplateIssues(template: OpaqueObject, at: string): readonly FieldIssue[] {
  const { spec } = template;
  const unknown = unknownFieldIssues(template, podTemplateFields, at);
  if (spec === undefined)
    return [...unknown, error(`${at}.spec`, issueCodes.required, 'is required (a pod spec)')];
  if (!isObject(spec)) return [...unknown, error(`${at}.spec`, issueCodes.wrongType, 'must be a map', spec)];
  return [
    ...unknown,
    ...unknownFieldIssues(spec, podSpecFields, `${at}.spec`),
    ...containerListIssues(spec['containers'], `${at}.spec.containers`, true),
    ...containerListIssues(spec['initContainers'], `${at}.spec.initContainers`, false),
    ...placeholderWarnings(template, at),
  ];
}

function containerListIssues(containers: unknown, at: string, needed: boolean): readonly FieldIssue[] {
  if (containers === undefined || (Array.isArray(containers) && containers.length === 0)) {
    return needed ? [error(at, issueCodes.required, 'is required: at least one container')] : [];
  }
  if (!Array.isArray(containers)) return [error(at, issueCodes.wrongType, 'must be a list', containers)];
  return containers.flatMap((container: unknown, index) => containerIssues(container, `${at}[${index}]`));
}

function containerIssues(container: unknown, at: string): readonly FieldIssue[] {
  if (!isObject(container)) return [error(at, issueCodes.wrongType, 'must be a map', container)];
  const missing = ['name', 'image'].filter(
    (field) => typeof container[field] !== 'string' || container[field] === '',
  );
  return [
    ...unknownFieldIssues(container, containerFields, at),
    ...missing.map((field) => error(`${at}.${field}`, issueCodes.required, 'is required (text)')),
  ];
}

/** The template is the user's own text, in which `<x>` may be meant: a value that looks like a stand-in is only warned about. */
function placeholderWarnings(value: unknown, at: string, seen = new Set<object>()): readonly FieldIssue[] {
  if (typeof value === 'string') {
    return looksLikePlaceholder(value)
      ? [warning(at, issueCodes.placeholder, placeholderMessage, value)]
      : [];
  }
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => placeholderWarnings(item, `${at}[${index}]`, seen));
  }
  return Object.entries(value).flatMap(([key, item]) =>
    placeholderWarnings(item, joinFieldPath(at, formatFieldPath([key])), seen),
  );
}
