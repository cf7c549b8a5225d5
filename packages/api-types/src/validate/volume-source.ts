import { error, type FieldIssue, issueCodes } from '../issues/field-issue.ts';
import { volumeSourceFields } from './core-fields.ts';
import { type OpaqueObject, unknownFieldIssues } from './opaque-object.ts';

/** A volume source is exactly one kind of volume. */
export function volumeSourceIssues(source: OpaqueObject, at: string): readonly FieldIssue[] {
  const unknown = unknownFieldIssues(source, volumeSourceFields, at);
  if (unknown.length > 0) return unknown;
  if (Object.keys(source).length === 1) return [];
  return [
    error(
      at,
      issueCodes.exactlyOne,
      'must name exactly one kind of volume, such as persistentVolumeClaim',
      source,
    ),
  ];
}
