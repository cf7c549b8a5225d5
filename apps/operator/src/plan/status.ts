import type { WorkspaceStatus } from '@kaito-ts/api-types';
import type { NodeSurvey } from '../provisioner/provisioner.ts';
import type { Cause } from './cause.ts';
import type { Milestone } from './conditions.ts';
import type { WorkspaceObject } from './observation.ts';
import type { Plan } from './plan-value.ts';
import type { Round } from './round.ts';
import { conditionReasons } from '@kaito-ts/api-types';
import { draftConditions, nextState, stampConditions } from './conditions.ts';
import { statusEvents } from './events.ts';

export interface StatusContext {
  readonly workspace: WorkspaceObject;
  readonly now: string;
}

/** Tells a round as status; what the round does not know keeps its last value. */
export function planStatus(round: Round, { workspace, now }: StatusContext): Plan {
  const previous = (workspace.status ?? {}) as WorkspaceStatus;
  const drafts = draftConditions({
    nodes: nodesMilestone(round, workspace.metadata.name),
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
  const warnings = round.survey?.warnings ?? [];
  const events = statusEvents({ warnings, before: previous.conditions ?? [], after: drafts });
  return { steps: round.steps, status, events, reasons: round.reasons };
}

function nodesMilestone({ survey, targetNodeCount = 1, problem }: Round, name: string): Milestone {
  if (survey === undefined) return { reached: false, ...(problem !== undefined && { cause: problem }) };
  if (survey.usable.length < targetNodeCount)
    return { reached: false, cause: missingNodes(survey, targetNodeCount, name) };
  const warnings = survey.warnings.map(({ message }) => `; warning: ${message}`).join('');
  return { reached: true, message: `Enough Nodes are ready${warnings}` };
}

function missingNodes(survey: NodeSurvey, wanted: number, name: string): Cause {
  const { usable, unusable, summary } = survey;
  const [first] = unusable;
  const need = `${wanted} node(s) needed, ${usable.length} usable`;
  const base = { object: `Workspace/${name}`, cause: `${need}: ${summary}`, severity: 'pending' } as const;
  if (first === undefined) {
    const reason = usable.length === 0 ? conditionReasons.NodesNotFound : conditionReasons.InsufficientNodes;
    return { ...base, reason, nextStep: 'add or label nodes so that they match resource.labelSelector' };
  }
  return {
    ...base,
    reason: conditionReasons.NodeNotReady,
    nextStep: `see kubectl describe node ${first.name}`,
  };
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
