import { matchesAll, selectorOf } from '../api/selectors.ts';
import { parseQuantity } from '../schema/quantity.ts';
import { isFinished, isReady } from './pods.ts';
import type { Container, Node, NodeSelectorTerm, Pod, PodSpec, Taint } from './shapes.ts';

/** A node, the pods that hold a place on it, and what they use together. */
export interface Occupied {
  readonly node: Node;
  readonly pods: readonly Pod[];
  readonly used: ReadonlyMap<string, number>;
}

export function byNode(nodes: readonly Node[], pods: readonly Pod[]): Occupied[] {
  return nodes.map((node) => {
    const here = pods.filter((pod) => pod.spec.nodeName === node.metadata.name && !isFinished(pod));
    const used = new Map<string, number>();
    for (const { spec } of here)
      for (const [name, amount] of requestsOf(spec)) used.set(name, (used.get(name) ?? 0) + amount);
    return { node, pods: here, used };
  });
}

/** What a pod asks a node for: what runs all the time together, or its largest init container. */
function requestsOf({ containers, initContainers = [] }: PodSpec): Map<string, number> {
  const total = new Map([['pods', 1]]);
  const raise = (list: readonly Container[], join: (known: number, amount: number) => number): void => {
    for (const [name, text] of list.flatMap(({ resources }) => Object.entries(resources?.requests ?? {})))
      total.set(name, join(total.get(name) ?? 0, parseQuantity(text)));
  };
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  raise([...containers, ...sidecars], (known, amount) => known + amount);
  raise(initContainers, Math.max);
  return total;
}

function allocatable(node: Node, name: string): number {
  return parseQuantity(node.status?.allocatable?.[name] ?? 0);
}

/** Why a pod cannot run on a node, in the scheduler's words; empty when it can. */
export function obstacles(pod: Pod, { node, used }: Occupied, all: readonly Occupied[]): string[] {
  if (!isReady(node)) return ['node(s) were not ready'];
  const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  if (node.spec?.unschedulable && !tolerates(pod, cordon)) return ['node(s) were unschedulable'];
  const taints = node.spec?.taints?.filter(({ effect }) => effect !== 'PreferNoSchedule') ?? [];
  const taint = taints.find((each) => !tolerates(pod, each));
  if (taint) return [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`];
  const { nodeSelector: matchLabels = {}, affinity } = pod.spec;
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const isSelected = selectorOf({ matchLabels })(node.metadata.labels);
  if (!isSelected || (terms && !terms.some((term) => matchesTerm(term, node))))
    return ["node(s) didn't match Pod's node affinity/selector"];
  if (isAvoided(pod, node, all)) return ["node(s) didn't match pod anti-affinity rules"];
  return [...requestsOf(pod.spec)]
    .filter(([name, amount]) => amount > 0 && (used.get(name) ?? 0) + amount > allocatable(node, name))
    .map(([name]) => (name === 'pods' ? 'Too many pods' : `Insufficient ${name}`));
}

function tolerates({ spec }: Pod, taint: Taint): boolean {
  return (spec.tolerations ?? []).some(({ key, operator, value = '', effect }) => {
    if ((effect && effect !== taint.effect) || (key && key !== taint.key)) return false;
    return operator === 'Exists' || (key !== undefined && value === (taint.value ?? ''));
  });
}

function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  const { name, labels } = node.metadata;
  const isEmpty = matchExpressions.length + matchFields.length === 0;
  const isNamed = matchesAll(matchFields, { 'metadata.name': name });
  return !isEmpty && isNamed && matchesAll(matchExpressions, labels);
}

/** Whether a pod that this one must not be near to is in the same part of the cluster as the node. */
function isAvoided({ spec, metadata }: Pod, node: Node, all: readonly Occupied[]): boolean {
  const terms = spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return terms.some(({ topologyKey, labelSelector, namespaces = [metadata.namespace] }) => {
    const part = node.metadata.labels?.[topologyKey];
    const matches = selectorOf(labelSelector);
    return all
      .filter((other) => part !== undefined && other.node.metadata.labels?.[topologyKey] === part)
      .flatMap(({ pods }) => pods)
      .some((pod) => namespaces.includes(pod.metadata.namespace) && matches(pod.metadata.labels));
  });
}

/** Higher is better: preferred affinity first, then the emptier node. */
export function score({ spec }: Pod, { node, used }: Occupied): number {
  const preferences = spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const wished = preferences.filter(({ preference }) => matchesTerm(preference, node));
  const free = ['cpu', 'memory', 'pods'].map(
    (name) => 1 - (used.get(name) ?? 0) / (allocatable(node, name) || 1),
  );
  const weight = wished.reduce((sum, preference) => sum + preference.weight, 0);
  return weight * 1000 + free.reduce((sum, share) => sum + share, 0);
}
