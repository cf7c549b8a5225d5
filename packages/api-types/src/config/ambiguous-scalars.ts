import { type FieldIssue, issueCodes, warning } from '../issues/field-issue.ts';
import { formatFieldPath } from '../issues/field-path.ts';
import type { LocatedDocument } from '../yaml/located-document.ts';

const readings: readonly { readonly pattern: RegExp; readonly elsewhere: string }[] = [
  { pattern: /^(yes|no|on|off|y|n)$/i, elsewhere: 'true or false' },
  { pattern: /^[-+]?0[0-7]+$/, elsewhere: 'an octal number' },
  { pattern: /^[-+]?[1-9][0-9]*(:[0-5]?[0-9])+$/, elsewhere: 'a base-60 number' },
];

/**
 * Scalars without quotes that YAML 1.2 (here) and YAML 1.1 (Python's loader, which upstream used) read differently.
 * The text is kept as 1.2 says, and the difference is told.
 */
export function ambiguousScalars(document: LocatedDocument): readonly FieldIssue[] {
  return [...document.plainScalars()].flatMap(({ path, text }) => {
    const reading = readings.find(({ pattern }) => pattern.test(text));
    if (!reading) return [];
    const message = `${text} is read as YAML 1.2 does; older tools read ${reading.elsewhere}: write what you mean, or quote it`;
    return [
      {
        ...warning(formatFieldPath(path), issueCodes.ambiguous, message, text),
        ...document.positionOf(path),
      },
    ];
  });
}
