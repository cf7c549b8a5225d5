import type { Workspace } from '@kaito-ts/api-types';
import type { NodeProvisioner, NodeSurvey } from '../provisioner/provisioner.ts';
import type { PinnedPlan } from './pinned.ts';
import type { ShapePlan } from './shape.ts';
import type { Takeover } from './takeover.ts';
import type { Cause } from './cause.ts';
import type { Observation } from './observation.ts';
import type { Plan } from './plan-value.ts';
import type { Round } from './round.ts';
import type { ServingPlan, ServingSettings } from './serving.ts';
import { conditionReasons } from '@kaito-ts/api-types';
import { tolerationsOf } from '@kaito-ts/manifest-builder';
import { spellingWarnings, surveyOfMachines, withCloudSpelling } from '../provisioner/machines.ts';
import { planDeletion } from './deletion.ts';
import { intentOf } from './intent.ts';
import { liveObjects, revisionOfWorkload, workloadNameOf, type LiveObjects } from './live.ts';
import { readPinned } from './pinned.ts';
import { judgeReadiness, type Readiness } from './readiness.ts';
import { planned } from './cause.ts';
import { planProvision } from './provision.ts';
import { planServing } from './serving.ts';
import { planShape } from './shape.ts';
import { planSpec } from './spec.ts';
import { stalePodSteps } from './stale-pods.ts';
import { planStatus } from './status.ts';
import { adoptionStep, claimSteps, takeover } from './takeover.ts';
import { planWorkload } from './workload-plan.ts';

export interface PlanSettings extends ServingSettings {
  readonly provisioner: NodeProvisioner;
  readonly launcherImage: string;
}

/** Decides one round for one Workspace. Pure: equal inputs give equal plans. */
export function planWorkspace(observation: Observation, settings: PlanSettings, now: string): Plan {
  if (observation.workspace.metadata.deletionTimestamp !== undefined)
    return planDeletion(observation, settings.provisioner, now);
  return planStatus(decideRound(observation, settings, now), { ...observation, now });
}

/** The plan of a round whose writes the API server refused: the refusal is what the user must see. */
export function planRefusal(observation: Observation, settings: PlanSettings, failure: PlanFailure): Plan {
  const { now, ordering } = failure;
  const cause = ordering ? refusedOrder(failure.cause) : failure.cause;
  const round = decideRound(observation, settings, now);
  const provision =
    ordering && round.provision !== undefined ? { ...round.provision, cause } : round.provision;
  return { ...planStatus({ ...round, provision, problem: cause }, { ...observation, now }), steps: [] };
}

export interface PlanFailure {
  readonly cause: Cause;
  readonly now: string;
  /** What was refused is an order for machines. */
  readonly ordering: boolean;
}

function refusedOrder(cause: Cause): Cause {
  return cause.reason === conditionReasons.ReconcileFailed
    ? { ...cause, reason: conditionReasons.NodeClaimRefused }
    : cause;
}

function decideRound(observation: Observation, settings: PlanSettings, now: string): Round {
  const { provisioner } = settings;
  const live = liveObjects(observation);
  const spec = planSpec(observation.workspace, provisioner.validation);
  const round = spec.ok
    ? planRound({ asked: spec.value, observation, live, settings, now })
    : blocked({ observation, live, now }, spec.cause);
  if (provisioner.purchasing === undefined) return round;
  return { ...round, provision: round.provision ?? { warnings: [] } };
}

interface Seen {
  readonly observation: Observation;
  readonly live: LiveObjects;
  readonly now: string;
}

interface RoundInput extends Seen {
  readonly asked: Workspace;
  readonly settings: PlanSettings;
}

/** A round with what every part of it needs. */
interface RoundContext extends RoundInput {
  /** As it was asked for, in the cloud's spelling where nodes are bought. */
  readonly workspace: Workspace;
  readonly survey: NodeSurvey;
  readonly intent: string;
  readonly pinned: PinnedPlan | undefined;
  readonly found: Takeover;
}

function planRound(input: RoundInput): Round {
  const { asked, observation, live, settings } = input;
  const { provisioner, catalogue } = settings;
  const workspace = provisioner.purchasing === undefined ? asked : withCloudSpelling(asked, catalogue);
  const tolerations = tolerationsOf(workspace);
  const survey = provisioner.survey({ workspace, nodes: observation.nodes, tolerations, catalogue });
  const intent = intentOf(asked, observation.config);
  const pinned = readPinned(live.workload);
  const found = takeover(live, pinned, intent);
  const context = { ...input, workspace, survey, intent, pinned, found };
  if (found === 'adopt' || found === 'left') return foreignRound(context);
  const serving = planServing(workspace, observation.config, settings);
  const problem = live.conflict ?? (serving.ok ? undefined : serving.cause);
  if (problem !== undefined || !serving.ok) return { ...blocked(input, problem), survey };
  return servingRound(context, serving.value);
}

function foreignRound(context: RoundContext): Round {
  const { live, survey, intent, found } = context;
  const wantedPods = live.workload?.spec?.replicas ?? 1;
  const { steps, provision } = buy(context, { serving: undefined, wantedNodes: wantedPods });
  return {
    steps: [...(found === 'adopt' ? adoptionStep(live, intent) : []), ...steps],
    survey,
    readiness: judge(context, { revision: undefined, wantedPods }),
    targetNodeCount: wantedPods,
    provision,
    reasons: ['keeps what another operator made'],
  };
}

function servingRound(context: RoundContext, serving: ServingPlan): Round {
  const { workspace, live, settings, survey, pinned, intent } = context;
  const { catalogue, provisioner } = settings;
  const bought = provisioner.purchasing !== undefined;
  const places = bought ? surveyOfMachines(workspace, serving, catalogue) : planned(survey);
  const shape = places.ok
    ? planShape({ workspace, serving, survey: places.value, pinned, intent, catalogue })
    : places;
  const nothing = { ...blocked(context, undefined), survey };
  if (!shape.ok) {
    const provision = bought ? { cause: shape.cause, warnings: [] } : undefined;
    return { ...nothing, shapeCause: shape.cause, provision };
  }
  if (shape.value === undefined) return nothing;
  const { nodeCount } = shape.value.shape;
  const { steps, provision } = buy(context, { serving, wantedNodes: nodeCount });
  if (survey.usable.length < nodeCount && waitsForNodes(live, bought)) {
    const readiness = live.workload === undefined ? undefined : judge(context, serves(live));
    const { reasons } = shape.value;
    return { steps, survey, targetNodeCount: nodeCount, readiness, provision, reasons };
  }
  const round = workloadRound(context, serving, shape.value);
  return { ...round, steps: [...round.steps, ...steps], targetNodeCount: nodeCount, provision };
}

function workloadRound(context: RoundContext, serving: ServingPlan, shape: ShapePlan): Round {
  const { workspace, observation, live, settings, survey, intent, pinned, found, now } = context;
  const { pods, nodes, podsOn, warningsOf } = observation;
  const workload = planWorkload({
    workspace,
    serving,
    shape,
    launcherImage: settings.launcherImage,
    intent,
    placement: settings.provisioner.purchasing?.ownership(observation.workspace) ?? [],
    live,
    pinned,
    usable: survey.usable,
    podsOn,
  });
  return {
    steps: [
      ...(found === 'replace' ? claimSteps(live) : []),
      ...workload.steps,
      ...stalePodSteps(live.statefulSet, pods),
    ],
    survey,
    readiness: judgeReadiness({
      workloadObject: `${workload.kind}/${workspace.metadata.name}`,
      workload: live.workload,
      pods,
      revision: workload.revision,
      wantedPods: workload.wantedPods,
      now,
      nodes,
      warningsOf,
    }),
    reasons: workload.reasons,
  };
}

interface Order {
  readonly serving: ServingPlan | undefined;
  readonly wantedNodes: number;
}

/** What is to be ordered or given back, and what is to be told of it; nothing where nodes are not bought. */
function buy(context: RoundContext, order: Order): Pick<Round, 'steps' | 'provision'> {
  const { workspace, observation, settings, live, now } = context;
  const { provisioner } = settings;
  if (provisioner.purchasing === undefined) return { steps: [] };
  const purchase = planProvision({ workspace, observation, provisioner, live, now, ...order });
  const { steps, cause, recheckMilliseconds } = purchase;
  const warnings = [...purchase.warnings, ...spellingWarnings(context.asked, workspace)];
  return { steps, provision: { cause, recheckMilliseconds, warnings } };
}

/** A first workload; and, where nodes are bought, every change: what serves goes on until the nodes for it are there. */
function waitsForNodes({ workload }: LiveObjects, bought: boolean): boolean {
  return workload === undefined || bought;
}

function serves({ workload }: LiveObjects): { revision: string | undefined; wantedPods: number } {
  return { revision: revisionOfWorkload(workload), wantedPods: workload?.spec?.replicas ?? 1 };
}

/** Nothing can be planned; what already serves keeps serving. */
function blocked(seen: Seen, problem: Cause | undefined): Round {
  const { workload } = seen.live;
  const revision = revisionOfWorkload(workload);
  const serving = workload === undefined ? undefined : judge(seen, { revision, wantedPods: 1 });
  return {
    steps: [],
    survey: undefined,
    problem,
    targetNodeCount: undefined,
    stillServing:
      serving !== undefined && serving.readyPods > 0 ? (revision ?? 'made by upstream') : undefined,
    reasons: problem === undefined ? [] : [problem.cause],
  };
}

function judge(
  { observation: { pods, nodes, warningsOf }, live, now }: Seen,
  wanted: { readonly revision: string | undefined; readonly wantedPods: number },
): Readiness {
  return judgeReadiness({
    ...wanted,
    now,
    workloadObject: workloadNameOf(live),
    workload: live.workload,
    pods,
    nodes,
    warningsOf,
  });
}
