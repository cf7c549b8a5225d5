import type { Condition } from '@kaito-ts/api-types';
import type { NodeWarning } from '../provisioner/provisioner.ts';
import type { ConditionDraft } from './conditions.ts';
import type { PlannedEvent, Step } from './plan-value.ts';
import { conditionTypes } from '@kaito-ts/api-types';
import { nameOfStep } from './plan-value.ts';

export interface StatusEventInput {
  readonly warnings: readonly NodeWarning[];
  readonly before: readonly Condition[];
  readonly after: readonly ConditionDraft[];
}

/** Events that go with a status; they tell of changes only, so that a restart of the operator repeats none. */
export function statusEvents({ warnings, before, after }: StatusEventInput): readonly PlannedEvent[] {
  return [
    ...warnings
      .filter(({ message }) => !before.some((condition) => condition.message.includes(message)))
      .map(warn),
    ...conditionEvents(before, after),
  ];
}

/** What is told about a step once it is done. */
export function stepEvents(step: Step): readonly PlannedEvent[] {
  if (step.kind === 'apply' && step.object.kind !== 'Service') {
    const message = `applied ${step.object.kind}/${step.object.metadata.name}: ${step.why}`;
    return [{ type: 'Normal', reason: 'WorkloadApplied', message }];
  }
  if (step.kind === 'create') {
    const message = `ordered ${nameOfStep(step)}: ${step.why}`;
    return [{ type: 'Normal', reason: `${step.object.kind}Created`, message }];
  }
  if (step.kind === 'scale') {
    const message = `${nameOfStep(step)} gets ${step.replicas} replica(s): ${step.why}`;
    const reason = step.object.kind === 'NodePool' ? 'NodePoolScaled' : 'WorkloadScaled';
    return [{ type: 'Normal', reason, message }];
  }
  if (step.kind === 'annotate') {
    return [{ type: 'Normal', reason: 'WorkloadAdopted', message: `${nameOfStep(step)}: ${step.why}` }];
  }
  if (step.kind === 'delete') {
    return [{ type: 'Normal', reason: 'ObjectDeleted', message: `deleted ${nameOfStep(step)}: ${step.why}` }];
  }
  return [];
}

function warn({ reason, message }: NodeWarning): PlannedEvent {
  return { type: 'Warning', reason, message };
}

function conditionEvents(before: readonly Condition[], after: readonly ConditionDraft[]): PlannedEvent[] {
  const wasReady = before.find(isSucceeded)?.status === 'True';
  const whole = after.find(isSucceeded);
  if (whole?.status === 'True') {
    return wasReady ? [] : [{ type: 'Normal', reason: 'WorkspaceReady', message: whole.message }];
  }
  const cause = after.find(({ status }) => status !== 'True');
  const same = before.find(({ type }) => type === cause?.type);
  if (cause === undefined || (same?.reason === cause.reason && same.status === cause.status)) return [];
  const failed = whole?.reason === cause.reason;
  return failed || wasReady
    ? [{ type: failed ? 'Warning' : 'Normal', reason: cause.reason, message: cause.message }]
    : [];
}

function isSucceeded({ type }: { readonly type: string }): boolean {
  return type === conditionTypes.workspaceSucceeded;
}
