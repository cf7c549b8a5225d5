import type { Workspace } from '@kaito-ts/api-types';
import type {
  Affinity,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PreferredSchedulingTerm,
  Toleration,
} from './kubernetes.ts';
import { labels, reservedSelectorKeys } from '@kaito-ts/api-types';

const preferredNodeWeight = 100;

/** Keys that describe ownership, not nodes; a user's selector must not depend on them. */
const reservedKeys: ReadonlySet<string> = new Set(reservedSelectorKeys);

export const defaultTolerations: readonly Toleration[] = [
  { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'sku', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' },
];

/** What a node must satisfy to serve this Workspace; the operator counts nodes by the same list, so the two agree. */
export function nodeRequirementsOf(resource: Workspace['resource']): readonly NodeSelectorRequirement[] {
  const { labelSelector, instanceType } = resource ?? {};
  const matchLabels = Object.entries(labelSelector?.matchLabels ?? {})
    .filter(([key]) => !reservedKeys.has(key))
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => ({ key, operator: 'In', values: [value] }));
  const matchExpressions = (labelSelector?.matchExpressions ?? [])
    .filter(({ key }) => !reservedKeys.has(key))
    .map(({ key, operator, values = [] }) =>
      values.length > 0 ? { key, operator, values } : { key, operator },
    );
  const instance = instanceType
    ? [{ key: labels.nodeInstanceType, operator: 'In', values: [instanceType] }]
    : [];
  return [...matchLabels, ...matchExpressions, ...instance];
}

/** Joins our node requirements to an affinity that may already be there; every existing term keeps its own conditions. */
export function withPlacement(
  affinity: Affinity | undefined,
  required: readonly NodeSelectorRequirement[],
  preferredNodes: readonly string[],
): Affinity | undefined {
  if (required.length === 0 && preferredNodes.length === 0) return affinity;
  const existing = affinity?.nodeAffinity;
  const terms = existing?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const preferred = [
    ...(existing?.preferredDuringSchedulingIgnoredDuringExecution ?? []),
    ...preferredNodes.map(preferNode),
  ];
  const requiredTerms = restrict(terms, required);
  return {
    ...affinity,
    nodeAffinity: {
      ...(requiredTerms.length > 0 && {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: requiredTerms },
      }),
      ...(preferred.length > 0 && { preferredDuringSchedulingIgnoredDuringExecution: preferred }),
    },
  };
}

function restrict(
  terms: readonly NodeSelectorTerm[],
  required: readonly NodeSelectorRequirement[],
): NodeSelectorTerm[] {
  if (required.length === 0) return [...terms];
  if (terms.length === 0) return [{ matchExpressions: [...required] }];
  return terms.map((term) => ({
    ...term,
    matchExpressions: [...(term.matchExpressions ?? []), ...required],
  }));
}

/** A field selector on the name takes exactly one value, so every node is a term of its own. */
function preferNode(name: string): PreferredSchedulingTerm {
  return {
    weight: preferredNodeWeight,
    preference: { matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] },
  };
}

/** What the pods of this Workspace tolerate: the defaults, and what its template says. */
export function tolerationsOf(workspace: Workspace): readonly Toleration[] {
  const template = workspace.inference?.template as
    | { spec?: { tolerations?: readonly Toleration[] } }
    | undefined;
  return joinTolerations(template?.spec?.tolerations ?? []);
}

export function joinTolerations(own: readonly Toleration[]): Toleration[] {
  const seen = new Set(own.map((toleration) => JSON.stringify(toleration, tolerationKeys)));
  return [...own, ...defaultTolerations.filter((entry) => !seen.has(JSON.stringify(entry, tolerationKeys)))];
}

const tolerationKeys = ['key', 'operator', 'value', 'effect'];
