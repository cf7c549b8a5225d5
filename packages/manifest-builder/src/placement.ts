import type { Workspace } from '@kaito-ts/api-types';
import type {
  V1Affinity,
  V1NodeSelectorRequirement,
  V1NodeSelectorTerm,
  V1PreferredSchedulingTerm,
  V1Toleration,
} from '@kubernetes/client-node';
import { labels, reservedSelectorKeys } from '@kaito-ts/api-types';

const preferredNodeWeight = 100;

/** Keys that describe ownership, not nodes; a user's selector must not depend on them. */
const reservedKeys: ReadonlySet<string> = new Set(reservedSelectorKeys);

export const defaultTolerations: readonly V1Toleration[] = [
  { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'sku', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' },
];

/** What a node must satisfy to serve this Workspace; the operator counts nodes by the same list, so the two agree. */
export function nodeRequirementsOf(resource: Workspace['resource']): readonly V1NodeSelectorRequirement[] {
  const { labelSelector, instanceType } = resource ?? {};
  const matchLabels = Object.entries(labelSelector?.matchLabels ?? {})
    .filter(([key]) => !reservedKeys.has(key))
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => ({ key, operator: 'In', values: [value] }));
  const matchExpressions = (labelSelector?.matchExpressions ?? [])
    .filter(({ key }) => !reservedKeys.has(key))
    .map(({ key, operator, values }) => ({
      key,
      operator,
      ...(values !== undefined && values.length > 0 && { values: [...values] }),
    }));
  const instance = instanceType ? [{ key: labels.nodeInstanceType, operator: 'In', values: [instanceType] }] : [];
  return [...matchLabels, ...matchExpressions, ...instance];
}

/** Joins our node requirements to an affinity that may already be there; every existing term keeps its own conditions. */
export function withPlacement(
  affinity: V1Affinity | undefined,
  required: readonly V1NodeSelectorRequirement[],
  preferredNodes: readonly string[],
): V1Affinity | undefined {
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
  terms: readonly V1NodeSelectorTerm[],
  required: readonly V1NodeSelectorRequirement[],
): V1NodeSelectorTerm[] {
  if (required.length === 0) return [...terms];
  if (terms.length === 0) return [{ matchExpressions: [...required] }];
  return terms.map((term) => ({ ...term, matchExpressions: [...(term.matchExpressions ?? []), ...required] }));
}

/** A field selector on the name takes exactly one value, so every node is a term of its own. */
function preferNode(name: string): V1PreferredSchedulingTerm {
  return {
    weight: preferredNodeWeight,
    preference: { matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] },
  };
}

/** What the pods of this Workspace tolerate: the defaults, and what its template says. */
export function tolerationsOf(workspace: Workspace): readonly V1Toleration[] {
  const template = workspace.inference?.template as { spec?: { tolerations?: readonly V1Toleration[] } } | undefined;
  return joinTolerations(template?.spec?.tolerations ?? []);
}

export function joinTolerations(own: readonly V1Toleration[]): V1Toleration[] {
  const seen = new Set(own.map((toleration) => JSON.stringify(toleration, tolerationKeys)));
  return [...own, ...defaultTolerations.filter((entry) => !seen.has(JSON.stringify(entry, tolerationKeys)))];
}

const tolerationKeys = ['key', 'operator', 'value', 'effect'];
