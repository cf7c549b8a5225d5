import type { Workspace } from '@kaito-ts/api-types';
import type { NodeProvisioner, Purchase } from '../provisioner/provisioner.ts';
import type { Cause } from './cause.ts';
import type { Observation } from './observation.ts';
import type { Plan } from './plan-value.ts';
import type { Round } from './round.ts';
import type { ServingSettings } from './serving.ts';
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
    : blocked(observation, live, spec.cause);
  if (provisioner.purchasing === undefined) return round;
  return { ...round, provision: round.provision ?? { warnings: [] } };
}

interface RoundInput {
  readonly asked: Workspace;
  readonly observation: Observation;
  readonly live: LiveObjects;
  readonly settings: PlanSettings;
  readonly now: string;
}

function planRound({ asked, observation, live, settings, now }: RoundInput): Round {
  const { config, nodes, pods, podsOn } = observation;
  const { provisioner, catalogue } = settings;
  const { purchasing } = provisioner;
  const workspace = purchasing === undefined ? asked : withCloudSpelling(asked, catalogue);
  const survey = provisioner.survey({ workspace, nodes, tolerations: tolerationsOf(workspace), catalogue });
  const buying = { workspace, observation, provisioner, live, now };
  const intent = intentOf(asked, config);
  const pinned = readPinned(live.workload);
  const found = takeover(live, pinned, intent);
  if (found === 'adopt' || found === 'left') {
    const steps = found === 'adopt' ? adoptionStep(live, intent) : [];
    const wantedPods = live.workload?.spec?.replicas ?? 1;
    const purchase = planProvision({ ...buying, serving: undefined, wantedNodes: wantedPods });
    const readiness = judge(observation, live, { revision: undefined, wantedPods });
    return {
      steps: [...steps, ...purchase.steps],
      survey,
      readiness,
      targetNodeCount: wantedPods,
      ...told(purchase, buying),
      reasons: ['keeps what another operator made'],
    };
  }
  const serving = planServing(workspace, config, settings);
  const problem = live.conflict ?? (serving.ok ? undefined : serving.cause);
  if (problem !== undefined || !serving.ok) return { ...blocked(observation, live, problem), survey };
  const places =
    purchasing === undefined ? planned(survey) : surveyOfMachines(workspace, serving.value, catalogue);
  const shape = places.ok
    ? planShape({ workspace, serving: serving.value, survey: places.value, pinned, intent, catalogue })
    : places;
  if (!shape.ok) {
    const provision = purchasing === undefined ? undefined : { cause: shape.cause, warnings: [] };
    return { ...blocked(observation, live, undefined), survey, shapeCause: shape.cause, provision };
  }
  if (shape.value === undefined) return { ...blocked(observation, live, undefined), survey };
  const nodeCount = shape.value.shape.nodeCount;
  const purchase = planProvision({ ...buying, serving: serving.value, wantedNodes: nodeCount });
  const bought = told(purchase, buying);
  if (survey.usable.length < nodeCount && waitsForNodes(live, purchasing !== undefined)) {
    const { steps } = purchase;
    const readiness = live.workload === undefined ? undefined : judge(observation, live, serves(live));
    return { steps, survey, targetNodeCount: nodeCount, readiness, ...bought, reasons: shape.value.reasons };
  }
  const workload = planWorkload({
    workspace,
    serving: serving.value,
    shape: shape.value,
    launcherImage: settings.launcherImage,
    intent,
    placement: purchasing?.ownership(observation.workspace) ?? [],
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
      ...purchase.steps,
    ],
    survey,
    targetNodeCount: nodeCount,
    readiness: judgeReadiness({
      workloadObject: `${workload.kind}/${workspace.metadata.name}`,
      workload: live.workload,
      pods,
      revision: workload.revision,
      wantedPods: workload.wantedPods,
      nodes,
      warningsOf: observation.warningsOf,
    }),
    ...bought,
    reasons: workload.reasons,
  };
}

function told(purchase: Purchase, { workspace, observation, provisioner }: Buying): Pick<Round, 'provision'> {
  if (provisioner.purchasing === undefined) return {};
  const { cause, recheckMilliseconds } = purchase;
  const spelling = spellingWarnings(observation.workspace as Workspace, workspace);
  return { provision: { cause, recheckMilliseconds, warnings: [...purchase.warnings, ...spelling] } };
}

interface Buying {
  readonly workspace: Workspace;
  readonly observation: Observation;
  readonly provisioner: NodeProvisioner;
}

/** A first workload; and, where nodes are bought, every change: what serves goes on until the nodes for it are there. */
function waitsForNodes({ workload }: LiveObjects, bought: boolean): boolean {
  return workload === undefined || bought;
}

function serves({ workload }: LiveObjects): { revision: string | undefined; wantedPods: number } {
  return { revision: revisionOfWorkload(workload), wantedPods: workload?.spec?.replicas ?? 1 };
}

/** Nothing can be planned; what already serves keeps serving. */
function blocked(observation: Observation, live: LiveObjects, problem: Cause | undefined): Round {
  const revision = revisionOfWorkload(live.workload);
  const serving =
    live.workload === undefined ? undefined : judge(observation, live, { revision, wantedPods: 1 });
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
  { pods, nodes, warningsOf }: Observation,
  live: LiveObjects,
  wanted: { readonly revision: string | undefined; readonly wantedPods: number },
): Readiness {
  return judgeReadiness({
    ...wanted,
    workloadObject: workloadNameOf(live),
    workload: live.workload,
    pods,
    nodes,
    warningsOf,
  });
}
