import { error, type FieldIssue, issueCodes, warning } from '../issues/field-issue.ts';
import { formatFieldPath } from '../issues/field-path.ts';
import { nearest } from '../issues/nearest.ts';
import { annotations, runtimeNames } from '../names/annotations.ts';
import { looksLikePlaceholder, placeholderMessage } from '../schema/placeholder.ts';
import type { Workspace } from '../schema/workspace.ts';
import type { ValidationOptions } from './validation-options.ts';

interface AnnotationRule {
  readonly key: string;
  readonly allowed: readonly string[];
  /** How a value is compared with the allowed ones. */
  readonly normalize?: (value: string) => string;
}

/** Values outside the list are refused. */
const refused: readonly AnnotationRule[] = [
  {
    key: annotations.nodeImageFamily,
    allowed: ['ubuntu', 'azurelinux'],
    normalize: (value) => value.trim().toLowerCase(),
  },
  { key: annotations.performanceMode, allowed: ['balanced', 'interactivity', 'throughput'] },
  { key: annotations.useLocalWeights, allowed: ['true', 'false'] },
];

/** Values outside the list do nothing, and that is said. */
const ignored: readonly AnnotationRule[] = [
  { key: annotations.runtime, allowed: runtimeNames },
  { key: annotations.enableLoadBalancer, allowed: ['True', 'False', 'false', ''] },
  { key: annotations.disableBenchmark, allowed: ['true', 'false', ''] },
  { key: annotations.modelStreaming, allowed: ['disabled', 'enabled', ''] },
];

const known: readonly string[] = Object.values(annotations);

/** Rules about the annotations that steer us, and near misses that would silently do nothing. */
export function annotationIssues({ metadata }: Workspace, options: ValidationOptions): readonly FieldIssue[] {
  const values = metadata.annotations ?? {};
  return [
    ...refused.flatMap((rule) => valueIssue(rule, values[rule.key], error)),
    ...ignored.flatMap((rule) => valueIssue(rule, values[rule.key], warning)),
    ...nodeClassIssues(values[annotations.nodeClassName], options),
    ...Object.keys(values).flatMap(misspelt),
  ];
}

export function annotationPath(key: string): string {
  return formatFieldPath(['metadata', 'annotations', key]);
}

function valueIssue(
  rule: AnnotationRule,
  value: string | undefined,
  report: typeof error,
): readonly FieldIssue[] {
  if (value === undefined || rule.allowed.includes(rule.normalize?.(value) ?? value)) return [];
  const at = annotationPath(rule.key);
  if (looksLikePlaceholder(value)) return [error(at, issueCodes.placeholder, placeholderMessage, value)];
  const choices = rule.allowed.filter((choice) => choice !== '').join(', ');
  const [code, consequence] =
    report === warning
      ? ([issueCodes.nearMiss, ' and does nothing'] as const)
      : ([issueCodes.invalidValue, ''] as const);
  return [report(at, code, `${JSON.stringify(value)} is none of ${choices}${consequence}`, value)];
}

function nodeClassIssues(name: string | undefined, options: ValidationOptions): readonly FieldIssue[] {
  if (!name || options.nodeProvisioner !== 'karpenter' || !options.nodeClassNames) return [];
  if (options.nodeClassNames.includes(name)) return [];
  const message = `is not a KAITO-managed NodeClass; there are ${options.nodeClassNames.join(', ')}`;
  return [error(annotationPath(annotations.nodeClassName), issueCodes.invalidValue, message, name)];
}

/** Only keys in our own domain are looked at: everything else belongs to someone else. */
function misspelt(key: string): readonly FieldIssue[] {
  if (!key.startsWith('kaito.sh/') || known.includes(key)) return [];
  const meant = nearest(key, known);
  if (meant === undefined) return [];
  return [
    warning(
      annotationPath(key),
      issueCodes.nearMiss,
      `is not known and does nothing; did you mean ${meant}?`,
    ),
  ];
}
