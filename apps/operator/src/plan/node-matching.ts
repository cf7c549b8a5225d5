import type { ConditionReason } from '@kaito-ts/api-types';
import type { Node } from '@kaito-ts/kube-runtime';
import { conditionReasons } from '@kaito-ts/api-types';

/** One requirement on node labels, as a node selector term has it. */
export interface NodeRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

export interface Toleration {
  readonly key?: string | undefined;
  readonly operator?: string | undefined;
  readonly value?: string | undefined;
  readonly effect?: string | undefined;
}

const operators: Readonly<Record<string, (value: string | undefined, values: readonly string[]) => boolean>> =
  {
    In: (value, values) => value !== undefined && values.includes(value),
    NotIn: (value, values) => value === undefined || !values.includes(value),
    Exists: (value) => value !== undefined,
    DoesNotExist: (value) => value === undefined,
    Gt: (value, [bound]) => value !== undefined && Number(value) > Number(bound),
    Lt: (value, [bound]) => value !== undefined && Number(value) < Number(bound),
  };

/** The requirement that a node fails, or undefined: the scheduler's own reading of a node selector term. */
export function failedRequirement(
  node: Node,
  requirements: readonly NodeRequirement[],
): NodeRequirement | undefined {
  const labels = node.metadata.labels ?? {};
  return requirements.find(
    ({ key, operator, values }) => operators[operator]?.(labels[key], values ?? []) !== true,
  );
}

/** Why no pod of ours would be put on a node now. */
export interface Unusable {
  readonly reason: ConditionReason;
  readonly because: string;
}

/** Undefined where one would. */
export function unusableBecause(node: Node, tolerations: readonly Toleration[]): Unusable | undefined {
  if (node.metadata.deletionTimestamp !== undefined)
    return { reason: conditionReasons.NodeDeleting, because: 'is being deleted' };
  const notReady = notReadyBecause(node);
  if (notReady !== undefined) return { reason: conditionReasons.NodeNotReady, because: notReady };
  if (node.spec?.unschedulable === true)
    return { reason: conditionReasons.NodeCordoned, because: 'is cordoned' };
  if (hidesItsGpus(node)) {
    const because = 'has GPUs but does not advertise them yet (device plugin)';
    return { reason: conditionReasons.NodePluginsNotReady, because };
  }
  const repelling = (node.spec?.taints ?? []).find(
    (taint) =>
      taint.effect !== 'PreferNoSchedule' && !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
  if (repelling === undefined) return undefined;
  const { key, value, effect } = repelling;
  const because = `has the taint ${key}${value ? `=${value}` : ''}:${effect}`;
  return { reason: conditionReasons.NodeTainted, because };
}

/** Undefined when the node is ready. */
export function notReadyBecause({ status }: Node): string | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return undefined;
  return `is not Ready${ready?.reason === undefined ? '' : ` (${ready.reason})`}`;
}

/** Labels come from feature discovery, allocatable GPUs from the device plugin, which may be late. */
function hidesItsGpus({ metadata, status }: Node): boolean {
  const labelled = Number(metadata.labels?.['nvidia.com/gpu.count'] ?? 0) > 0;
  const advertised = Object.entries(status?.allocatable ?? {}).some(
    ([name, amount]) => (name === 'nvidia.com/gpu' || name.startsWith('nvidia.com/mig-')) && amount !== '0',
  );
  return labelled && !advertised;
}

interface Taint {
  readonly key: string;
  readonly value?: string | undefined;
  readonly effect: string;
}

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== undefined && toleration.effect !== '' && toleration.effect !== taint.effect)
    return false;
  if (toleration.key === undefined || toleration.key === '') return toleration.operator === 'Exists';
  if (toleration.key !== taint.key) return false;
  return toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '');
}
