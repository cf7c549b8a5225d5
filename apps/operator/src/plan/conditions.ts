import type { Condition, WorkspaceState, WorkspaceStatus } from '@kaito-ts/api-types';
import type { Cause } from './cause.ts';
import { conditionReasons, conditionTypes, workspaceStates } from '@kaito-ts/api-types';
import { describeCause } from './cause.ts';

/** One step of a Workspace's way, as far as it has come: reached, held up by a cause, or behind a step that is. */
export type Milestone =
  | { readonly reached: true; readonly message: string }
  | { readonly reached: false; readonly cause?: Cause };

export interface Milestones {
  readonly nodes: Milestone;
  /** Undefined where nodes are not bought. */
  readonly claims?: Milestone | undefined;
  readonly resources: Milestone;
  readonly inference: Milestone;
  /** A fault in what the user wrote; it is WorkspaceSucceeded's reason whatever else holds. */
  readonly problem?: Cause;
}

interface ConditionRow {
  readonly type: string;
  readonly milestone: Milestone;
  readonly reachedReason: string;
  readonly waitingReason: string;
}

export type ConditionDraft = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** The conditions in their fixed order. The first that is not True carries the cause; later ones point to it. */
export function draftConditions({
  nodes,
  claims,
  resources,
  inference,
  problem,
}: Milestones): readonly ConditionDraft[] {
  const rows: readonly ConditionRow[] = [
    {
      type: conditionTypes.nodesReady,
      milestone: nodes,
      reachedReason: conditionReasons.NodesReady,
      waitingReason: conditionReasons.NodeNotReady,
    },
    ...(claims === undefined
      ? []
      : [
          {
            type: conditionTypes.nodeClaimReady,
            milestone: claims,
            reachedReason: conditionReasons.NodeClaimsReady,
            waitingReason: conditionReasons.NodeClaimNotReady,
          },
        ]),
    {
      type: conditionTypes.resourceReady,
      milestone: resources,
      reachedReason: conditionReasons.ResourceReady,
      waitingReason: conditionReasons.ResourceNotReady,
    },
    {
      type: conditionTypes.inferenceReady,
      milestone: inference,
      reachedReason: conditionReasons.InferenceReady,
      waitingReason: conditionReasons.InferencePending,
    },
  ];
  const firstFalse = rows.find(({ milestone }) => !milestone.reached);
  return [...rows.map((row) => draft(row, firstFalse)), succeeded(firstFalse, problem)];
}

function draft(row: ConditionRow, firstFalse: ConditionRow | undefined): ConditionDraft {
  const { type, milestone } = row;
  if (milestone.reached)
    return { type, status: 'True', reason: row.reachedReason, message: milestone.message };
  if (milestone.cause === undefined) {
    return {
      type,
      status: 'False',
      reason: row.waitingReason,
      message: `waits for ${firstFalse?.type ?? 'an earlier step'}`,
    };
  }
  return { type, status: 'False', reason: milestone.cause.reason, message: describeCause(milestone.cause) };
}

function succeeded(firstFalse: ConditionRow | undefined, problem: Cause | undefined): ConditionDraft {
  const type = conditionTypes.workspaceSucceeded;
  const cause = problem ?? causeOf(firstFalse);
  if (cause === undefined && firstFalse === undefined) {
    return {
      type,
      status: 'True',
      reason: conditionReasons.WorkspaceSucceeded,
      message: 'workspace succeeds',
    };
  }
  const failed = cause?.severity === 'failed';
  return {
    type,
    status: 'False',
    reason: failed ? cause.reason : conditionReasons.WorkspacePending,
    message: failed ? describeCause(cause) : `waits for ${firstFalse?.type}`,
  };
}

function causeOf(row: ConditionRow | undefined): Cause | undefined {
  return row === undefined || row.milestone.reached ? undefined : row.milestone.cause;
}

export interface Stamp {
  readonly generation: number;
  readonly now: string;
}

/** Adds times and generation; the time of a condition moves only when its status does. */
export function stampConditions(
  drafts: readonly ConditionDraft[],
  previous: WorkspaceStatus['conditions'],
  { generation, now }: Stamp,
): readonly Condition[] {
  return drafts.map((condition) => {
    const before = previous?.find(({ type }) => type === condition.type);
    const unchanged = before !== undefined && before.status === condition.status;
    return {
      ...condition,
      lastTransitionTime: unchanged ? before.lastTransitionTime : now,
      observedGeneration: generation,
    };
  });
}

/** Pending until it was ready once; after that anything less than ready is NotReady. */
export function nextState(previous: string | undefined, ready: boolean): WorkspaceState {
  if (ready) return workspaceStates.ready;
  const wasReady = previous === workspaceStates.ready || previous === workspaceStates.notReady;
  return wasReady ? workspaceStates.notReady : workspaceStates.pending;
}
