import { error, type FieldIssue, issueCodes, warning } from '../issues/field-issue.ts';
import { formatFieldPath, joinFieldPath } from '../issues/field-path.ts';
import { reservedSelectorKeys } from '../names/labels.ts';
import { type LabelSelector, maxKeyLength } from '../schema/label-selector.ts';
import { formats } from '../schema/text.ts';

const labelKey = new RegExp(formats.labelKey.pattern);
const reserved: ReadonlySet<string> = new Set(reservedSelectorKeys);

/** A selector must say something that a node can meet, in keys that are the user's to choose. */
export function labelSelectorIssues(selector: LabelSelector, at: string): readonly FieldIssue[] {
  return [
    ...keyIssues(selector, at),
    ...reservedKeyIssues(selector, at),
    ...valueIssues(selector, at),
    ...contradictions(selector, at),
  ];
}

function keyIssues({ matchLabels = {} }: LabelSelector, at: string): readonly FieldIssue[] {
  return Object.keys(matchLabels)
    .filter((key) => key.length > maxKeyLength || !labelKey.test(key))
    .map((key) => {
      const path = joinFieldPath(`${at}.matchLabels`, formatFieldPath([key]));
      return error(path, issueCodes.invalidValue, `must be ${formats.labelKey.is}`, key);
    });
}

function reservedKeyIssues(selector: LabelSelector, at: string): readonly FieldIssue[] {
  const keys = Object.keys(selector.matchLabels ?? {});
  const taken = keys.filter((key) => reserved.has(key));
  if (taken.length === 0) return [];
  if (taken.length === keys.length && !selector.matchExpressions?.length) {
    const message = 'needs at least one non-reserved label: these keys are written by the operator itself';
    return [error(`${at}.matchLabels`, issueCodes.reservedKey, message, selector.matchLabels)];
  }
  return taken.map((key) =>
    warning(
      joinFieldPath(`${at}.matchLabels`, formatFieldPath([key])),
      issueCodes.reservedKey,
      'is ignored: the operator writes this key itself',
    ),
  );
}

function valueIssues({ matchExpressions = [] }: LabelSelector, at: string): readonly FieldIssue[] {
  return matchExpressions.flatMap(({ operator, values = [] }, index) => {
    const path = `${at}.matchExpressions[${index}].values`;
    const wantsValues = operator === 'In' || operator === 'NotIn';
    if (wantsValues === values.length > 0) return [];
    return wantsValues
      ? [error(path, issueCodes.required, `${operator} needs values`)]
      : [error(path, issueCodes.notAllowed, `${operator} takes no values`, values)];
  });
}

/** Keys for which the labels and the In requirements leave no value over. */
function contradictions(selector: LabelSelector, at: string): readonly FieldIssue[] {
  const allowed = new Map(Object.entries(selector.matchLabels ?? {}).map(([key, value]) => [key, [value]]));
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    if (operator !== 'In' || values.length === 0) continue;
    const before = allowed.get(key);
    allowed.set(key, before ? before.filter((value) => values.includes(value)) : [...values]);
  }
  return [...allowed]
    .filter(([, values]) => values.length === 0)
    .map(([key]) =>
      error(at, issueCodes.selectsNothing, `matches no node: its requirements on ${key} exclude each other`),
    );
}
