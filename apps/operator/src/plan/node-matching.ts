import type { Node } from '@kaito-ts/kube-runtime';

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

/** Why no pod of ours would be put on this node now, or undefined. */
export function unusableBecause(node: Node, tolerations: readonly Toleration[]): string | undefined {
  if (node.metadata.deletionTimestamp !== undefined) return 'is being deleted';
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'True')
    return `is not Ready${ready?.reason === undefined ? '' : ` (${ready.reason})`}`;
  if (node.spec?.unschedulable === true) return 'is cordoned';
  if (hidesItsGpus(node)) return 'has GPUs but does not advertise them yet (device plugin)';
  const repelling = (node.spec?.taints ?? []).find(
    (taint) =>
      taint.effect !== 'PreferNoSchedule' && !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
  return repelling === undefined
    ? undefined
    : `has the taint ${repelling.key}${repelling.value ? `=${repelling.value}` : ''}:${repelling.effect}`;
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
