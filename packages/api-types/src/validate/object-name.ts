import { type FieldIssue, issueCodes, warning } from '../issues/field-issue.ts';
import type { Workspace } from '../schema/workspace.ts';

// A StatefulSet puts its name, "-" and a hash of ten characters into a label, which holds 63.
const longestStatefulSetName = 52;

/** The name carries a Service, a workload and labels, which are narrower than a Workspace's own name. */
export function nameIssues({ metadata }: Workspace): readonly FieldIssue[] {
  if (metadata.name.length <= longestStatefulSetName) return [];
  const message = `is longer than ${longestStatefulSetName} characters: it cannot become a StatefulSet, so the model must fit on one node`;
  return [warning('metadata.name', issueCodes.tooLong, message, metadata.name)];
}
