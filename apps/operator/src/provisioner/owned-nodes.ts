import type { KubeObject, Node } from '@kaito-ts/kube-runtime';
import type { NodeRequirement, Toleration } from '../plan/node-matching.ts';
import type { NodeSurvey, SurveyInput, UnusableNode } from './provisioner.ts';
import { conditionReasons, labels, reservedSelectorKeys } from '@kaito-ts/api-types';
import { nodeRequirementsOf } from '@kaito-ts/manifest-builder';
import { quantityValue } from '../plan/quantity.ts';
import { failedRequirement, unusableBecause } from '../plan/node-matching.ts';
import { gpusOfInstanceType } from './machines.ts';

const gpuResource = 'nvidia.com/gpu';
const reserved: ReadonlySet<string> = new Set(reservedSelectorKeys);

/** Nodes that carry the Workspace's ownership labels: bought for it, or given to it by somebody who put them there. */
export function surveyOwnedNodes(
  { workspace, nodes, tolerations, catalogue }: SurveyInput,
  ownership: readonly NodeRequirement[],
): NodeSurvey {
  const requirements = nodeRequirementsOf(workspace.resource);
  const gpus = gpusOfInstanceType(catalogue, workspace.resource?.instanceType);
  const owned = ownedNodes(nodes, ownership);
  const judged = owned.map((node) => ({ node, fault: faultOf(node, { requirements, tolerations, gpus }) }));
  const unusable = judged.flatMap(({ fault }) => (fault === undefined ? [] : [fault]));
  const usable = judged.filter(({ fault }) => fault === undefined).map(({ node }) => node);
  const summary =
    unusable.length > 0
      ? unusable
          .slice(0, 3)
          .map(({ name, because }) => `Node/${name} ${because}`)
          .join(', ')
      : `${usable.length} node(s) of its own`;
  return { usable, unusable, warnings: [], summary };
}

export function ownedNodes(nodes: readonly Node[], ownership: readonly NodeRequirement[]): readonly Node[] {
  return nodes
    .filter((node) => failedRequirement(node, ownership) === undefined)
    .toSorted((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1));
}

/** Nodes that no provider made: an administrator gave them to the Workspace by its two ownership labels. */
export function givenNodes(owned: readonly Node[]): readonly Node[] {
  return owned.filter(
    ({ metadata }) =>
      metadata.labels?.[labels.nodePool] === undefined && metadata.deletionTimestamp === undefined,
  );
}

interface Expectation {
  readonly requirements: readonly NodeRequirement[];
  readonly tolerations: readonly Toleration[];
  readonly gpus: number;
}

function faultOf(node: Node, { requirements, tolerations, gpus }: Expectation): UnusableNode | undefined {
  const { name } = node.metadata;
  const failed = failedRequirement(node, requirements);
  if (failed !== undefined) {
    const { key, operator, values = [] } = failed;
    const has = node.metadata.labels?.[key] ?? 'none';
    return {
      name,
      reason: conditionReasons.NodePoolMismatch,
      because: `has ${key}=${has} where ${operator} ${values.join(', ')} is asked for`,
    };
  }
  const unusable = unusableBecause(node, tolerations);
  if (unusable !== undefined) return { name, ...unusable };
  const advertised = quantityValue(node.status?.allocatable?.[gpuResource]) ?? 0;
  if (advertised >= gpus) return undefined;
  return {
    name,
    reason: conditionReasons.NodePluginsNotReady,
    because: `advertises ${advertised} of ${gpus} ${gpuResource} (device plugin or driver)`,
  };
}

/** The two labels under which the objects of a Workspace are found, in either mode. */
export function ownershipRequirements(
  { metadata }: KubeObject,
  keys: { readonly name: string; readonly namespace: string },
): readonly NodeRequirement[] {
  return [
    { key: keys.name, operator: 'In', values: [metadata.name] },
    { key: keys.namespace, operator: 'In', values: [metadata.namespace ?? ''] },
  ];
}

interface Selecting {
  readonly labels: Readonly<Record<string, string>>;
  readonly requirements: readonly NodeRequirement[];
}

/** The user's selector as what a provider takes: one value is a label that nodes get, all else is asked of machines. */
export function selectorForProvider(workspace: SurveyInput['workspace']): Selecting {
  const { labelSelector } = workspace.resource ?? {};
  const expressions = (labelSelector?.matchExpressions ?? []).filter(({ key }) => !reserved.has(key));
  const single = expressions.filter(({ operator, values }) => operator === 'In' && values?.length === 1);
  const own = Object.entries(labelSelector?.matchLabels ?? {}).filter(([key]) => !reserved.has(key));
  return {
    labels: {
      ...Object.fromEntries(own),
      ...Object.fromEntries(single.map(({ key, values }) => [key, values?.[0] ?? ''])),
    },
    requirements: expressions
      .filter((expression) => !single.includes(expression))
      .map(({ key, operator, values = [] }) =>
        values.length > 0 ? { key, operator, values } : { key, operator },
      ),
  };
}
