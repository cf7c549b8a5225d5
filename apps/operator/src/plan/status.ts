import type { WorkspaceStatus } from '@kaito-ts/api-types';
import type { Node } from '@kaito-ts/kube-runtime';
import type { NodeWarning } from '../provisioner/provisioner.ts';
import type { Milestone } from './conditions.ts';
import type { WorkspaceObject } from './observation.ts';
import type { Plan } from './plan-value.ts';
import type { Round } from './round.ts';
import { missingNodes } from './node-causes.ts';
import { draftConditions, nextState, stampConditions } from './conditions.ts';
import { statusEvents } from './events.ts';
import { soonest } from './recheck.ts';

export interface StatusContext {
  readonly workspace: WorkspaceObject;
  readonly now: string;
  /** All nodes of the cluster. */
  readonly nodes: readonly Node[];
}

/** Tells a round as status; what the round does not know keeps its last value. */
export function planStatus(round: Round, context: StatusContext): Plan {
  const { workspace, now } = context;
  const previous = (workspace.status ?? {}) as WorkspaceStatus;
  const drafts = draftConditions({
    nodes: nodesMilestone(round, context),
    claims: claimsMilestone(round),
    resources: resourcesMilestone(round),
    inference: inferenceMilestone(round),
    ...(round.problem !== undefined && { problem: round.problem }),
  });
  const ready = drafts.every(({ status }) => status === 'True');
  const stamp = { generation: workspace.metadata.generation ?? 0, now };
  const targetNodeCount = round.targetNodeCount ?? previous.targetNodeCount;
  const workerNodes = round.readiness?.nodes ?? previous.workerNodes;
  const status: WorkspaceStatus = {
    ...(workerNodes !== undefined && workerNodes.length > 0 && { workerNodes }),
    state: nextState(previous.state, ready),
    conditions: stampConditions(drafts, previous.conditions, stamp),
    ...(targetNodeCount !== undefined && { targetNodeCount }),
    ...(previous.performance !== undefined && { performance: previous.performance }),
  };
  const warnings = warningsOf(round);
  const events = statusEvents({ warnings, before: previous.conditions ?? [], after: drafts });
  const { steps, reasons, provision, readiness } = round;
  const recheckMilliseconds = soonest(provision?.recheckMilliseconds, readiness?.recheckMilliseconds);
  return { steps, status, events, reasons, recheckMilliseconds };
}

function warningsOf({ survey, provision }: Round): readonly NodeWarning[] {
  return [...(survey?.warnings ?? []), ...(provision?.warnings ?? [])];
}

/** A machine that is not there is the cause of its node's absence. */
function nodesMilestone(round: Round, context: StatusContext): Milestone {
  const { survey, targetNodeCount = 1, problem, provision } = round;
  if (survey === undefined) return { reached: false, ...(problem !== undefined && { cause: problem }) };
  if (survey.usable.length < targetNodeCount) {
    const bought = provision === undefined ? undefined : (provision.cause ?? problem);
    return { reached: false, cause: bought ?? missingNodes(survey, targetNodeCount, context) };
  }
  const warnings = warningsOf(round)
    .map(({ message }) => `; warning: ${message}`)
    .join('');
  return { reached: true, message: `Enough Nodes are ready${warnings}` };
}

function claimsMilestone({ survey, provision, targetNodeCount = 1 }: Round): Milestone | undefined {
  if (provision === undefined) return undefined;
  if (survey === undefined) return { reached: false };
  const enough = survey.usable.length >= targetNodeCount;
  if (provision.cause !== undefined && !enough) return { reached: false, cause: provision.cause };
  return { reached: true, message: 'Enough NodeClaims are ready' };
}

function resourcesMilestone(round: Round): Milestone {
  const { survey, shapeCause, targetNodeCount = 1 } = round;
  if (shapeCause !== undefined) return { reached: false, cause: shapeCause };
  if (survey === undefined || survey.usable.length < targetNodeCount) return { reached: false };
  return { reached: true, message: 'workspace resource is ready' };
}

function inferenceMilestone({ problem, readiness, stillServing }: Round): Milestone {
  if (problem !== undefined) {
    const suffix = stillServing === undefined ? '' : ` (revision ${stillServing} still serves)`;
    return { reached: false, cause: { ...problem, cause: `${problem.cause}${suffix}` } };
  }
  if (readiness === undefined) return { reached: false };
  if (readiness.cause !== undefined) return { reached: false, cause: readiness.cause };
  return { reached: true, message: 'Inference has been deployed successfully' };
}
