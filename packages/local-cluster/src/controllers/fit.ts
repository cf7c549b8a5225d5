import { requirement } from '../api/selectors.ts';
import { parseQuantity } from '../schema/quantity.ts';
import type { Node, NodeSelectorTerm, Pod, PodSpec, Taint, Toleration } from './shapes.ts';

export type Amounts = Map<string, number>;

/** What a pod asks a node for: its containers together, or its largest init container. */
export function requestsOf(spec: PodSpec): Amounts {
  const total: Amounts = new Map([['pods', 1]]);
  const sidecars: Amounts = new Map();
  for (const { resources } of spec.containers) add(total, resources?.requests);
  const largest: Amounts = new Map();
  for (const { resources, restartPolicy } of spec.initContainers ?? []) {
    if (restartPolicy === 'Always') add(sidecars, resources?.requests);
    else
      for (const [name, text] of Object.entries(resources?.requests ?? {}))
        largest.set(name, Math.max(largest.get(name) ?? 0, parseQuantity(text) + (sidecars.get(name) ?? 0)));
  }
  for (const [name, amount] of sidecars) total.set(name, (total.get(name) ?? 0) + amount);
  for (const [name, amount] of largest) total.set(name, Math.max(total.get(name) ?? 0, amount));
  add(total, spec.overhead);
  return total;
}

function add(total: Amounts, more: Record<string, string> | undefined): void {
  for (const [name, text] of Object.entries(more ?? {}))
    total.set(name, (total.get(name) ?? 0) + parseQuantity(text));
}

/** Why a pod cannot run on a node, in the scheduler's words; empty when it can. */
export function obstacles(pod: Pod, node: Node, used: Amounts): string[] {
  const { spec } = pod;
  if (node.spec?.unschedulable && !(spec.tolerations ?? []).some((t) => tolerates(t, unschedulableTaint)))
    return ['node(s) were unschedulable'];
  const taint = (node.spec?.taints ?? []).find(
    (candidate) =>
      candidate.effect !== 'PreferNoSchedule' &&
      !(spec.tolerations ?? []).some((t) => tolerates(t, candidate)),
  );
  if (taint) return [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`];
  const labels = node.metadata.labels ?? {};
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const isSelected = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  if (!isSelected || (required && !required.nodeSelectorTerms.some((term) => matchesTerm(term, node))))
    return ["node(s) didn't match Pod's node affinity/selector"];
  const short: string[] = [];
  for (const [name, amount] of requestsOf(spec)) {
    const capacity = parseQuantity(node.status?.allocatable?.[name] ?? 0);
    if (amount > 0 && (used.get(name) ?? 0) + amount > capacity * (1 + 1e-12))
      short.push(name === 'pods' ? 'Too many pods' : `Insufficient ${name}`);
  }
  return short;
}

const unschedulableTaint: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if (toleration.operator === 'Exists') return true;
  return toleration.key !== undefined && (toleration.value ?? '') === (taint.value ?? '');
}

function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  const fields = { 'metadata.name': node.metadata.name };
  return (
    matchExpressions.every(({ key, operator, values = [] }) => requirement(key, operator, values)(labels)) &&
    matchFields.every(({ key, operator, values = [] }) => requirement(key, operator, values)(fields))
  );
}

/** Higher is better: preferred affinity first, then tolerated soft taints, then the emptier node. */
export function score({ spec }: Pod, node: Node, used: Amounts): number {
  const preferences = spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const wished = preferences.reduce(
    (sum, { weight, preference }) => sum + (matchesTerm(preference, node) ? weight : 0),
    0,
  );
  const soft = (node.spec?.taints ?? []).filter(
    (taint) =>
      taint.effect === 'PreferNoSchedule' && !(spec.tolerations ?? []).some((t) => tolerates(t, taint)),
  );
  const free = ['cpu', 'memory', 'pods'].map(
    (name) => 1 - (used.get(name) ?? 0) / (parseQuantity(node.status?.allocatable?.[name] ?? 1) || 1),
  );
  return wished * 1000 - soft.length * 100 + free.reduce((sum, share) => sum + share, 0);
}
