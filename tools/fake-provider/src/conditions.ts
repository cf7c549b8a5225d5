import type { Condition } from './kinds.ts';

/** The list with this condition in it; its time moves only when its status does. */
export function withCondition(
  conditions: readonly Condition[],
  condition: Omit<Condition, 'lastTransitionTime'>,
): readonly Condition[] {
  const before = conditions.find(({ type }) => type === condition.type);
  const time = before?.status === condition.status ? before.lastTransitionTime : undefined;
  const stamped = { ...condition, lastTransitionTime: time ?? new Date().toISOString() };
  return before === undefined
    ? [...conditions, stamped]
    : conditions.map((entry) => (entry.type === condition.type ? stamped : entry));
}

export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditions?.some((entry) => entry.type === type && entry.status === 'True') === true;
}

export function sameConditions(left: readonly Condition[], right: readonly Condition[]): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
