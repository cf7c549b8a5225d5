import type { Node } from '@kaito-ts/kube-runtime';
import type { NodeProvisioner, NodeSurvey, NodeWarning, SurveyInput } from './provisioner.ts';
import { labels } from '@kaito-ts/api-types';
import { nodeRequirementsOf } from '@kaito-ts/manifest-builder';
import { failedRequirement, unusableBecause, type Unusable } from '../plan/node-matching.ts';

const instanceTypeLabel = labels.nodeInstanceType;
const namedInMessages = 3;

/** Nodes that are already there; `instanceType` only narrows the choice. */
export const byoProvisioner: NodeProvisioner = {
  name: 'byo',
  validation: { nodeProvisioner: 'byo' },
  survey,
};

function survey({ workspace, nodes, tolerations }: SurveyInput): NodeSurvey {
  const { instanceType, preferredNodes = [] } = workspace.resource ?? {};
  const requirements = nodeRequirementsOf(workspace.resource);
  const selecting = requirements.filter(
    ({ key, values }) => !(key === instanceTypeLabel && values?.[0] === instanceType),
  );
  const selected = nodes.filter((node) => failedRequirement(node, selecting) === undefined);
  const matching = selected.filter((node) => failedRequirement(node, requirements) === undefined);
  const judged = matching.map((node) => ({ node, unusable: unusableBecause(node, tolerations) }));
  const usable = judged.filter(({ unusable }) => unusable === undefined).map(({ node }) => node);
  const warnings = [
    ...unknownPreferredNodes(preferredNodes, nodes),
    ...emptiedByInstanceType(instanceType, selected, matching),
  ];
  return {
    usable: inOrder(usable, preferredNodes),
    unusable: judged.flatMap(({ node, unusable }) =>
      unusable === undefined ? [] : [{ name: node.metadata.name, ...unusable }],
    ),
    warnings,
    summary: summarize(nodes.length, judged, warnings),
  };
}

function inOrder(nodes: readonly Node[], preferred: readonly string[]): readonly Node[] {
  const rank = (node: Node): number => {
    const index = preferred.indexOf(node.metadata.name);
    return index < 0 ? preferred.length : index;
  };
  return nodes.toSorted(
    (left, right) => rank(left) - rank(right) || compare(left.metadata.name, right.metadata.name),
  );
}

function unknownPreferredNodes(preferred: readonly string[], nodes: readonly Node[]): NodeWarning[] {
  const known = new Set(nodes.map(({ metadata }) => metadata.name));
  return preferred
    .filter((name) => !known.has(name))
    .map((name) => ({ reason: 'PreferredNodeUnknown', message: `preferred node ${name} does not exist` }));
}

function emptiedByInstanceType(
  instanceType: string | undefined,
  selected: readonly Node[],
  matching: readonly Node[],
): NodeWarning[] {
  if (!instanceType || selected.length === 0 || matching.length > 0) return [];
  const types = new Set(selected.map(({ metadata }) => metadata.labels?.[instanceTypeLabel] ?? 'none'));
  return [
    {
      reason: 'InstanceTypeMatchesNoNode',
      message:
        `instanceType ${instanceType} leaves none of the ${selected.length} node(s) that match the label selector ` +
        `(their ${instanceTypeLabel}: ${firstOf([...types].sort())})`,
    },
  ];
}

function summarize(
  total: number,
  judged: readonly { readonly node: Node; readonly unusable: Unusable | undefined }[],
  warnings: readonly NodeWarning[],
): string {
  const filtered = warnings.find(({ reason }) => reason === 'InstanceTypeMatchesNoNode');
  if (filtered !== undefined) return filtered.message;
  if (judged.length === 0)
    return total === 0 ? 'the cluster has no nodes' : `none of ${total} node(s) matches the label selector`;
  const unusable = judged.flatMap(({ node, unusable: why }) =>
    why === undefined ? [] : [`Node/${node.metadata.name} ${why.because}`],
  );
  return unusable.length === 0 ? `${judged.length} node(s) match` : firstOf(unusable);
}

function firstOf(items: readonly string[]): string {
  const rest = items.length - namedInMessages;
  return `${items.slice(0, namedInMessages).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
